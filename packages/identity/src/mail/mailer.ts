import { randomUUID } from "node:crypto"
import type { Transporter } from "nodemailer"

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** A mail of development, which nobody sent. */
export interface KeptMail extends Mail {
  readonly id: string
  readonly at: string
}

export interface Mailer {
  /** @throws what the mail server says; who may not wait for it posts instead (`createPost`) */
  send(mail: Mail): Promise<void>
  /** In development without a mail server: the last 50, newest first. Empty otherwise. */
  readonly kept: readonly KeptMail[]
  close(): void
}

const MAX_KEPT = 50
const CONNECT_MS = 10_000
const ANSWER_MS = 30_000
const MAX_CONNECTIONS = 2

/**
 * Sends through `SMTP_URL` (`smtp://` with STARTTLS, or `smtps://`) as `MAIL_FROM`. In development mails may go without encryption,
 * and without `SMTP_URL` they are kept in memory.
 *
 * @throws TypeError that says which setting is missing or wrong, without its value
 */
export function createMailer(env: Readonly<Record<string, string | undefined>>, isDevelopment: boolean): Mailer {
  const address = env["SMTP_URL"]
  if (!address) {
    if (!isDevelopment) throw new TypeError("SMTP_URL is not set: links for passwords could not be sent.")
    return keepingMailer()
  }
  if (!URL.canParse(address) || !/^smtps?:$/.test(new URL(address).protocol))
    throw new TypeError("SMTP_URL must be an address such as smtps://user:password@mail.example.com.")
  const from = env["MAIL_FROM"]
  if (!from) throw new TypeError("MAIL_FROM is not set: mails need a sender.")
  const url = new URL(address)
  const isEncrypted = url.protocol === "smtps:"
  const options = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (isEncrypted ? 465 : 587) : Number(url.port),
    secure: isEncrypted,
    requireTLS: !isEncrypted && !isDevelopment,
    ...(url.username === ""
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
    // Texts are ours; nothing of them is a path or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  } as const
  let transport: Promise<Transporter> | undefined
  return {
    async send({ to, subject, text, html }) {
      // Loaded with the first mail.
      transport ??= import("nodemailer").then(({ createTransport }) => createTransport(options))
      await (await transport).sendMail({
        from,
        // As an object it is one address, whatever it contains.
        to: { name: "", address: to },
        subject,
        text,
        html,
        headers: { "Auto-Submitted": "auto-generated" },
      })
    },
    kept: [],
    close: () => void transport?.then((each) => each.close()),
  }
}

function keepingMailer(): Mailer {
  const kept: KeptMail[] = []
  return {
    async send(mail) {
      kept.unshift({ ...mail, id: randomUUID(), at: new Date().toISOString() })
      kept.length = Math.min(kept.length, MAX_KEPT)
    },
    kept,
    close: () => {},
  }
}
