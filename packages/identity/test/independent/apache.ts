/**
 * Apache with `mod_auth_openidc`, a certified client that has nothing in common with the provider.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Apache extends AsyncDisposable {
  readonly url: string
  /** What it wrote to its error log. */
  log(): Promise<string>
}

export interface ApacheOptions {
  readonly program: string
  readonly modules: string
  /** Chosen before, since the client is registered before it starts. */
  readonly port: number
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** A port that was free a moment ago: Apache cannot choose one and say which. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("There is no port.")
  return address.port
}

const START_MS = 20_000
const STOP_MS = 10_000
const POLL_MS = 50

export async function startApache(options: ApacheOptions): Promise<Apache> {
  const { program, modules, port, issuer, clientId, clientSecret } = options
  const directory = await mkdtemp(join(tmpdir(), "archipel-apache-"))
  const url = `http://127.0.0.1:${port}`
  await mkdir(join(directory, "pages/app"), { recursive: true })
  await writeFile(join(directory, "pages/app/index.html"), "the protected page")
  await writeFile(join(directory, "pages/bye.html"), "good bye")
  const load = (name: string): string => `LoadModule ${name}_module ${join(modules, `mod_${name}.so`)}`
  const isRoot = process.getuid?.() === 0
  await writeFile(
    join(directory, "apache.conf"),
    `ServerRoot ${directory}
PidFile ${directory}/apache.pid
DefaultRuntimeDir ${directory}
Mutex sem
Listen 127.0.0.1:${port}
ServerName 127.0.0.1:${port}
${["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "dir", "auth_openidc"].map(load).join("\n")}
${isRoot ? "User www-data\nGroup www-data" : ""}
StartServers 1
ServerLimit 1
ThreadsPerChild 10
ThreadLimit 10
MaxRequestWorkers 10
ErrorLog ${directory}/error.log
LogLevel warn auth_openidc:info
DocumentRoot ${directory}/pages
DirectoryIndex index.html
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret ${clientSecret}
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRedirectURI ${url}/app/callback
OIDCDefaultLoggedOutURL ${url}/bye.html
OIDCCryptoPassphrase a-passphrase-of-this-test-only
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ES256
OIDCRemoteUserClaim sub
OIDCCookieSameSite On
# The browser of the test says of itself that it fetches, which this module takes for a script.
OIDCUnAuthAction auth true
<Location /app>
  AuthType openid-connect
  Require valid-user
  Header set X-User "expr=%{REMOTE_USER}"
  Header set X-Name "%{OIDC_CLAIM_name}e"
</Location>
`,
  )
  // Its workers give up the rights of who starts it.
  if (isRoot) await chmod(directory, 0o755)
  const child = spawn(program, ["-d", directory, "-f", join(directory, "apache.conf"), "-DFOREGROUND"], {
    stdio: ["ignore", "ignore", "pipe"],
  })
  let complaints = ""
  child.stderr.on("data", (chunk: Buffer) => (complaints += String(chunk)))
  const log = async (): Promise<string> =>
    complaints + (await readFile(join(directory, "error.log"), "utf8").catch(() => ""))
  const dispose = async (): Promise<void> => {
    await stop(child)
    await rm(directory, { recursive: true, force: true })
  }
  const deadline = Date.now() + START_MS
  for (;;) {
    const isUp = await fetch(`${url}/bye.html`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return { url, log, [Symbol.asyncDispose]: dispose }
    if (child.exitCode !== null || Date.now() > deadline) {
      const said = await log()
      await dispose()
      throw new Error(`Apache did not start: ${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS)
  await ended
  clearTimeout(timer)
}
