import { type Mistake, mistakeSummary } from "../form.ts"
import { heading, notice, type Page, tokenField, type View } from "../frame.ts"
import { html } from "../html.ts"
import { icon } from "../icons.ts"
import { since } from "../since.ts"

export interface ShownSession {
  readonly id: string
  /** Browser and system: "Firefox, Linux". */
  readonly device: string | null
  readonly network: string | null
  readonly beganAt: string
  readonly lastSeenAt: string
  readonly isCurrent: boolean
}

export interface SessionsView {
  readonly sessions: readonly ShownSession[]
  readonly now: Date
  readonly notice?: string | undefined
}

const MOBILE = new Set(["iPhone", "iPad", "Android"])

export function sessionsView(page: Page, { sessions, now, notice: said }: SessionsView): View {
  const { t } = page
  return {
    title: t.sessions.title,
    body: html`${heading(t.sessions.title, t.sessions.lead)}
${notice(said)}
<section class="panel" aria-label="${t.sessions.title}"><ul class="rows">
${sessions.map(({ id, device, network, beganAt, lastSeenAt, isCurrent }) => {
  const [browser = "", system] = (device ?? "").split(", ")
  const name = system === undefined ? browser || t.sessions.unknownDevice : t.sessions.device(browser, system)
  return html`<li><span class="sign">${icon(MOBILE.has(system ?? "") ? "phone" : "devices")}</span>
<div class="what"><p class="strong named">${name} ${isCurrent && html`<span class="badge good">${t.sessions.current}</span>`}</p>
<p class="quiet small">${t.sessions.seen(since(page, lastSeenAt, now))} · ${t.sessions.began(since(page, beganAt, now))}${
    network !== null && html` · <span dir="ltr">${network}</span>`
  }</p></div>
<form method="post" action="/account/sessions/${id}/end">${tokenField(page)}<button class="plain bad" aria-label="${t.sessions.endOf(name)}">${t.sessions.end}</button></form></li>`
})}
</ul></section>
<section class="panel" aria-labelledby="everywhere"><header><h2 id="everywhere">${t.sessions.everywhereTitle}</h2><p>${t.sessions.everywhereLead}</p></header>
<form method="post" action="/account/sessions/end">${tokenField(page)}<div class="buttons"><button class="danger">${icon("leave")}${t.sessions.everywhere}</button></div></form>
</section>`,
  }
}

export interface ConnectionsView {
  readonly connections: readonly { readonly id: string; readonly label: string; readonly email: string | null }[]
  readonly issuers: readonly { readonly name: string; readonly label: string }[]
  readonly notice?: string | undefined
  readonly mistakes: readonly Mistake[]
}

export function connectionsView(page: Page, view: ConnectionsView): View {
  const { t } = page
  return {
    title: t.connections.title,
    isRefusal: view.mistakes.length > 0,
    body: html`${heading(t.connections.title, t.connections.lead)}
${notice(view.notice)}
${mistakeSummary(page, view.mistakes)}
<section class="panel" aria-label="${t.connections.title}">
${
  view.connections.length > 0
    ? html`<ul class="rows">${view.connections.map(
        ({ id, label, email }) => html`<li><span class="sign">${icon("link")}</span>
<div class="what"><p class="strong">${label}</p><p class="quiet small">${email ?? ""}</p></div>
<form method="post" action="/account/connections/${id}/remove">${tokenField(page)}<button class="plain bad" aria-label="${t.connections.disconnectOf(label)}">${t.connections.disconnect}</button></form></li>`,
      )}</ul>`
    : html`<p class="quiet">${t.connections.none}</p>`
}
<div class="buttons">
${view.issuers.map(
  ({ name, label }) =>
    html`<a class="button" href="/account/connections/${name}/begin">${icon("compass")}${t.connections.connect(label)}</a>`,
)}
</div></section>`,
  }
}
