import type { Mail } from "./mailer.ts"

/** What a mail says, before it has a form. */
export interface Letter {
  readonly subject: string
  readonly greeting: string
  readonly paragraphs: readonly string[]
  /** Between the first paragraph and the others. */
  readonly action?: { readonly label: string; readonly url: string }
  readonly closing: string
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] as string)

/** Of a name that somebody chose: no line breaks that could pass for our own text, nothing that mail programs make a link of. */
export const plainName = (name: string): string =>
  name
    .replaceAll(/\p{C}+/gu, " ")
    .replaceAll(/https?:\/\/|www\.|(?<=\w)\.(?=\w)/giu, " ")
    .trim()
    .slice(0, 80)

/** A letter as plain text and as HTML that every mail program shows: no pictures, no scripts, nothing fetched. */
export function mailOf(to: string, letter: Letter, language: string): Mail {
  const { subject, greeting, paragraphs, action, closing } = letter
  const [first = "", ...rest] = paragraphs
  const lines = [greeting, first, ...(action ? [`${action.label}:\n${action.url}`] : []), ...rest, closing]
  const p = (text: string): string => `<p style="margin:0 0 16px">${escape(text).replaceAll("\n", "<br>")}</p>`
  const button = action
    ? `<p style="margin:24px 0"><a href="${escape(action.url)}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none;font-weight:600">${escape(action.label)}</a></p>
<p style="margin:0 0 16px;font-size:13px;color:#4b5563;word-break:break-all">${escape(action.url)}</p>`
    : ""
  const html = `<!doctype html>
<html lang="${escape(language)}"><head><meta charset="utf-8"><title>${escape(subject)}</title></head>
<body style="margin:0;background:#f3f4f6"><div style="max-width:560px;margin:0 auto;padding:32px 24px;background:#ffffff;color:#111827;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
${p(greeting)}${p(first)}${button}${rest.map(p).join("")}${p(closing)}
</div></body></html>
`
  return { to, subject, text: `${lines.join("\n\n")}\n`, html }
}
