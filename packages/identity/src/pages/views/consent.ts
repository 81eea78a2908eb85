import { form } from "../form.ts"
import { emblem, heading, type Page, type View } from "../frame.ts"
import { html } from "../html.ts"
import { icon } from "../icons.ts"
import { initials } from "../initials.ts"

export interface ConsentView {
  readonly action: string
  readonly client: string
  /** Where the browser is sent afterwards. */
  readonly host: string
  readonly user: { readonly name: string; readonly email: string }
  readonly scopes: readonly string[]
  /** Services that it wants to use. */
  readonly services: readonly string[]
}

/** Scopes of the protocol that have words of their own. */
type KnownScope = keyof Page["t"]["consent"]["scope"]

/** Whether an application that is not ours may act for somebody. */
export function consentView(page: Page, view: ConsentView): View {
  const { t } = page
  const title = t.consent.title(view.client)
  const words = (scope: string): string =>
    Object.hasOwn(t.consent.scope, scope) ? t.consent.scope[scope as KnownScope] : t.consent.other(scope)
  const asked = [...view.scopes.map(words), ...view.services.map((name) => t.consent.service(name))]
  return {
    title,
    body: html`${emblem("compass")}
${heading(title, t.consent.lead(view.client))}
<ul class="asked">${asked.map((text) => html`<li>${icon("check")}<span>${text}</span></li>`)}</ul>
<div class="who"><span class="avatar" aria-hidden="true">${initials(view.user.name)}</span><div>
<p class="strong">${view.user.name}</p><p class="quiet small">${view.user.email}</p></div></div>
<div class="stack">
${form(
  page,
  { action: view.action },
  html`<button class="primary wide" name="answer" value="allow">${t.consent.allow}</button>
<button class="wide" name="answer" value="deny">${t.consent.deny}</button>`,
)}
</div>
<p class="small quiet">${t.consent.note(view.host)}</p>`,
  }
}
