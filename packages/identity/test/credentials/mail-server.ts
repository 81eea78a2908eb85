import type { AddressInfo } from "node:net"
import { SMTPServer } from "smtp-server"

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  /** The plain text part. */
  readonly text: string
  readonly html: string
  /** All of it, as it came. */
  readonly raw: string
}

/** A real mail server of one test: takes everything, unless it is told to refuse. */
export interface MailServer extends AsyncDisposable {
  readonly url: string
  readonly mails: readonly ReceivedMail[]
  /** Mails that are answered with a temporary refusal, from now on. */
  refuse(count: number): void
  /** To one address, oldest first. */
  to(address: string): readonly ReceivedMail[]
}

export async function mailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  let refusals = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on("data", (chunk: Buffer) => chunks.push(chunk))
      stream.on("end", () => {
        if (refusals > 0) {
          refusals--
          callback(Object.assign(new Error("come back later"), { responseCode: 451 }))
          return
        }
        const raw = Buffer.concat(chunks).toString("utf8")
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom === false ? "" : mailFrom.address
        mails.push({ from, to: rcptTo.map(({ address }) => address), raw, ...partsOf(raw) })
        callback()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    refuse(count) {
      refusals = count
    },
    to: (address) => mails.filter(({ to }) => to.includes(address)),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** Of a multipart/alternative mail, decoded. */
function partsOf(raw: string): Pick<ReceivedMail, "subject" | "text" | "html"> {
  const subject = /^subject: (.*(?:\r\n[ \t].*)*)/im.exec(raw)?.[1] ?? ""
  return {
    subject: decodeWords(subject.replaceAll(/\r\n[ \t]/g, " ")),
    text: partOf(raw, "text/plain"),
    html: partOf(raw, "text/html"),
  }
}

function partOf(raw: string, type: string): string {
  const part = raw.split(/\r\n--/).find((each) => each.toLowerCase().includes(`content-type: ${type}`)) ?? ""
  const [head = "", ...body] = part.split("\r\n\r\n")
  const text = body.join("\r\n\r\n")
  if (/transfer-encoding: base64/i.test(head)) return Buffer.from(text, "base64").toString("utf8")
  if (!/transfer-encoding: quoted-printable/i.test(head)) return text
  return fromQuoted(text.replaceAll(/=\r\n/g, ""))
}

const fromQuoted = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString("utf8")

/** RFC 2047. */
const decodeWords = (text: string): string =>
  text
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?utf-8\?(q|b)\?([^?]*)\?=/gi, (_, how: string, word: string) =>
      how.toLowerCase() === "b" ? Buffer.from(word, "base64").toString("utf8") : fromQuoted(word.replaceAll("_", " ")),
    )
