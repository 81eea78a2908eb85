import { MAX_HOPS } from "../http/network-key.ts"
import { MAX_POLL_MS, MIN_POLL_MS } from "../mirror/exchange.ts"
import { address, json, oneOf, place, type Setting, text, wholeNumber } from "./setting.ts"

const POSTGRES = address("postgres", "postgresql")

/** Every environment variable that the product reads, in the order of the reference. `<SERVICE>` stands for a service's name. */
export const settings: readonly Setting[] = [
  // -- any program
  {
    name: "PORT",
    group: "program",
    means: "the port, if `--port` does not say it",
    otherwise: "4000",
    form: wholeNumber(0, 65_535),
  },
  {
    name: "DATABASE_URL",
    group: "program",
    means:
      "a PostgreSQL server (14 or later) in place of the embedded one; each service gets a database of its own there, or a schema where it may not create databases",
    otherwise: "the embedded PostgreSQL",
    form: POSTGRES,
    secret: true,
  },
  {
    name: "DATABASE_URL_<SERVICE>",
    group: "program",
    means: "the database of one service: `DATABASE_URL_SALES`; wins over `DATABASE_URL`",
    form: POSTGRES,
    secret: true,
  },
  {
    name: "NODE_ENV",
    group: "program",
    means:
      "with `production` there are no development users: a program without an identity service refuses to start, and one with it demands the settings that say so below",
    form: text(),
  },
  {
    name: "ARCHIPEL_URL",
    group: "program",
    means: "the origin that people reach the program by; required in production, where it must be `https:`",
    otherwise: "in development the address that it listens at",
    form: text("an origin, `https://erp.example.com`"),
  },
  {
    name: "ARCHIPEL_SECRET",
    group: "program",
    means:
      "the same in every process: encrypts keys, seeds and tokens in the database, which are lost with it; required in production",
    otherwise: "in development one is made and kept in the data directory",
    form: text("at least 32 bytes"),
    secret: true,
  },
  {
    name: "ARCHIPEL_PROXY_HOPS",
    group: "program",
    means:
      "how many proxies stand before the program; as many of the last entries of `X-Forwarded-For` are believed, which limits by network need",
    otherwise: "0",
    form: wholeNumber(0, MAX_HOPS),
  },
  {
    name: "ARCHIPEL_MIRROR_POLL_MS",
    group: "program",
    means: "how often a service that [mirrors](contracts.md#mirrors) another asks it for changes",
    otherwise: "1,000",
    form: wholeNumber(MIN_POLL_MS, MAX_POLL_MS, " of milliseconds"),
  },
  {
    name: "ARCHIPEL_SCHEMA",
    group: "program",
    means:
      "what a start does where a database lacks something of the contract: `apply` makes what is harmless, `check` refuses to start and leaves it to [`archipel migrate apply`](../guides/migrations.md); tables of a service that has none are made in either case",
    otherwise: "`apply`; in production `check`",
    form: oneOf("apply", "check"),
  },
  {
    name: "ARCHIPEL_LOG_LEVEL",
    group: "program",
    means: "from which level on lines are logged; with `info` each request leaves one",
    otherwise: "`warn`",
    form: oneOf("debug", "info", "warn", "error", "silent"),
  },
  {
    name: "XDG_CACHE_HOME",
    group: "program",
    means:
      "where the embedded PostgreSQL's programs are unpacked if they cannot run where npm put them; on Windows `LOCALAPPDATA`",
    otherwise: "`~/.cache`",
    form: text("a directory"),
  },
  // -- a service that runs apart
  {
    name: "ARCHIPEL_SERVICE",
    group: "apart",
    means: "the one service that runs in this process, as `--serve`",
    form: text("a service's name"),
  },
  {
    name: "ARCHIPEL_LISTEN",
    group: "apart",
    means: "where it listens for other services, over mutual TLS",
    otherwise: "`0.0.0.0:4443`; in development a free port of this machine",
    form: place,
  },
  {
    name: "ARCHIPEL_OPEN",
    group: "apart",
    means: "where a gateway listens for people",
    otherwise: "what `--host` and `--port` say",
    form: place,
  },
  {
    name: "ARCHIPEL_HEALTH",
    group: "apart",
    means: "where health and metrics answer in plain HTTP",
    otherwise: "nowhere",
    form: place,
  },
  {
    name: "ARCHIPEL_NEIGHBOURS",
    group: "apart",
    means: "where other services are, one address a replica, or a name that DNS knows several addresses of",
    form: text("`crm=host:port,sales=host:port\\|host:port`"),
  },
  {
    name: "ARCHIPEL_NEIGHBOURS_FILE",
    group: "apart",
    means: 'the same as a file that is watched: `{ "crm": ["host:port"] }`',
    otherwise: "`fleet/neighbours.json` in the data directory",
    form: text("a file"),
  },
  {
    name: "ARCHIPEL_CALLERS",
    group: "apart",
    means: "which services may call this one; `*` for all of the trust domain",
    otherwise: "`gateway,identity`; in development `*`",
    form: text("names with commas between"),
  },
  {
    name: "ARCHIPEL_TRUST_DOMAIN",
    group: "apart",
    means: "what the certificates of all services of a company have in common",
    otherwise: "`archipel`",
    form: text("a name"),
  },
  {
    name: "ARCHIPEL_CERTIFICATES",
    group: "apart",
    means:
      "the directory with this service's `key.pem`, `certificate.pem` and `authorities.pem`; read again when they change; required in production",
    otherwise: "in development the development authority gives them",
    form: text("a directory"),
  },
  {
    name: "ARCHIPEL_AUTHORITY",
    group: "apart",
    means: "the directory of the development authority, which services on one machine share; refused in production",
    otherwise: "`authority` in the data directory",
    form: text("a directory"),
  },
  {
    name: "ARCHIPEL_VERSION",
    group: "apart",
    means:
      "the version of this release, told to other services and written into exported contracts; for `archipel serve` and `archipel contract export`",
    otherwise: 'the `"version"` of package.json',
    form: text("a version"),
  },
  {
    name: "ARCHIPEL_FAKE",
    group: "apart",
    means:
      "services that are answered with made-up records from their contracts, as `archipel dev --fake`; refused in production",
    otherwise: "none",
    form: text("names with commas between"),
  },
  // -- login
  {
    name: "ARCHIPEL_ADMIN_EMAIL",
    group: "login",
    means:
      "who becomes the first administrator, where there is none: the program prints a link by which they choose a password",
    form: text("an e-mail address"),
  },
  {
    name: "SMTP_URL",
    group: "login",
    means: "the mail server; required in production",
    otherwise: "in development mails are shown at `/account/mail`",
    form: address("smtp", "smtps"),
    secret: true,
  },
  {
    name: "MAIL_FROM",
    group: "login",
    means: "the sender of mails; required where `SMTP_URL` is set",
    form: text("an e-mail address"),
  },
  {
    name: "IDENTITY_REGISTRATION",
    group: "login",
    means:
      "`open` lets anybody make an account, with no rights, once they proved an e-mail address; anything else lets nobody",
    otherwise: "nobody",
    form: text("`open`"),
  },
  {
    name: "LOGIN_ISSUERS",
    group: "login",
    means: "[outside OpenID Connect issuers](#outside-issuers) that people may log in by",
    otherwise: "none",
    form: json,
  },
  {
    name: "ARCHIPEL_ISSUER_ADDRESS",
    group: "login",
    means: "where the gateway reaches the program itself, if not at `ARCHIPEL_URL`",
    form: address("http", "https"),
  },
  // -- commands and tests
  {
    name: "ARCHIPEL_PACKAGES",
    group: "command",
    means: "as `--packages` of `archipel new`",
    form: text("a directory"),
  },
  {
    name: "UPDATE_RIGHTS",
    group: "command",
    means: "`1`: `expectRightsMatrix` in a test writes `rights.txt` instead of comparing it",
    form: text("`1`"),
  },
  {
    name: "UPDATE_USES",
    group: "command",
    means: "`1`: tests with `uses` add what they see to `uses.json` instead of comparing it",
    form: text("`1`"),
  },
  {
    name: "ARCHIPEL_STACK",
    group: "command",
    means: "`1` shows the stack of what went wrong",
    form: text("`1`"),
  },
  {
    name: "NO_COLOR",
    group: "command",
    means: "no colours",
    form: text("anything"),
  },
  {
    name: "FORCE_COLOR",
    group: "command",
    means: "colours also where the output is no terminal",
    form: text("anything"),
  },
  {
    name: "TEST_DATABASE_URL",
    group: "command",
    means: "the server that [tests of services](../guides/testing.md) use, before `DATABASE_URL`",
    form: POSTGRES,
    secret: true,
  },
]
