import { heading, type Page, type View } from "../frame.ts"
import { html } from "../html.ts"
import { since } from "../since.ts"

export interface ShownMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly sentAt: string
}

/** Addresses in a plain text become links: those of this program only. */
function withLinks(text: string, origin: string) {
  return text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((part) => (part.startsWith(`${origin}/`) ? html`<a href="${part}">${part}</a>` : part))
}

/** In development, in place of a mailbox. */
export const mailsView = (page: Page, mails: readonly ShownMail[], origin: string, now: Date): View => ({
  title: page.t.mails.title,
  body: html`${heading(page.t.mails.title, page.t.mails.lead)}
${mails.length === 0 && html`<p class="quiet">${page.t.mails.none}</p>`}
${mails.map(
  ({
    to,
    subject,
    text,
    sentAt,
  }) => html`<article class="panel mail"><header><h2>${subject || page.t.mails.unnamed}</h2>
<p class="small">${page.t.mails.to} ${to} · ${since(page, sentAt, now)}</p></header>
<pre>${withLinks(text, origin)}</pre></article>`,
)}`,
})
