import { type Place, SECRET_BYTES } from "@archipel/server"

/** What production needs and development has by itself: every setting that is missing or unsafe, a sentence each. */
export function settingMistakes({ env, isDevelopment }: Place): readonly string[] {
  const mistakes: string[] = []
  const url = env["ARCHIPEL_URL"]
  const parsed = url ? URL.parse(url) : null
  if (url && (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== "/" || parsed.search !== ""))
    mistakes.push("ARCHIPEL_URL must be an origin such as https://erp.example.com, without a path.")
  const secret = env["ARCHIPEL_SECRET"]
  if (secret && Buffer.byteLength(secret) < SECRET_BYTES)
    mistakes.push(`ARCHIPEL_SECRET has fewer than ${SECRET_BYTES} bytes: take the output of "openssl rand -base64 48".`)
  if (isDevelopment) return mistakes
  if (!url) mistakes.push("ARCHIPEL_URL is not set: the address that people reach this program by, https://…")
  else if (parsed?.protocol === "http:")
    mistakes.push("ARCHIPEL_URL begins with http: tokens and passwords must travel over TLS, so it has to be https.")
  if (!secret)
    mistakes.push(
      'ARCHIPEL_SECRET is not set: what encrypts keys and seeds, the same in every process; take the output of "openssl rand -base64 48".',
    )
  if (!env["SMTP_URL"]) mistakes.push("SMTP_URL is not set: links for passwords could not be sent.")
  else if (!env["MAIL_FROM"]) mistakes.push("MAIL_FROM is not set: mails need a sender.")
  return mistakes
}
