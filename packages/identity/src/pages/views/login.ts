import { field, form, type Mistake, mistakeSummary, submit } from "../form.ts"
import { emblem, heading, type Page, tokenField, type View } from "../frame.ts"
import { type Content, attributes, html } from "../html.ts"
import { icon } from "../icons.ts"
import { initials } from "../initials.ts"

export interface LoginView {
  /** `/account/login/{uid}`: what belongs to this login is below it. */
  readonly base: string
  /** The application that one continues to; undefined for the account itself. */
  readonly client?: string | undefined
  readonly email?: string | undefined
  /** Who is logged in already and has to prove it again. */
  readonly again?: {
    readonly name: string
    readonly email: string
    readonly hasPassword: boolean
    readonly hasPasskey: boolean
  }
  /** An outside issuer whose account is connected by this login. */
  readonly connecting?: string
  readonly issuers: readonly { readonly name: string; readonly label: string }[]
  readonly canRegister: boolean
  readonly mistakes: readonly Mistake[]
}

/** The form that a passkey is sent with; hidden where the browser has no script. */
export const passkeyForm = (page: Page, base: string, label: string, isOffered: boolean): Content =>
  html`<form method="post" action="${base}/passkey" data-passkey="${isOffered ? "offer" : "get"}" data-options="${base}/passkey/options" hidden>
${tokenField(page)}
<input type="hidden" name="response" value="">
<button class="wide">${icon("passkey")}${label}</button>
</form>`

export function loginView(page: Page, view: LoginView): View {
  const { t } = page
  const { base, again, mistakes } = view
  const path = base.split("?", 1)[0] as string
  const forgotten = html`<a href="/account/reset">${t.login.forgotten}</a>`
  const first = again
    ? html`<div class="who"><span class="avatar" aria-hidden="true">${initials(again.name)}</span><div>
<p class="strong">${again.name}</p><p class="quiet small">${again.email}</p></div></div>
<input type="email" name="email" value="${again.email}" autocomplete="username" hidden>`
    : field(page, {
        name: "email",
        label: t.common.email,
        type: "email",
        autocomplete: "username webauthn",
        value: view.email,
        maxlength: 254,
        mistakes,
        autofocus: (view.email ?? "") === "",
      })
  const hasForm = again === undefined || again.hasPassword
  const isPasskeyOffered = again === undefined || again.hasPasskey
  return {
    title: again ? t.again.title : t.login.title,
    isRefusal: mistakes.length > 0,
    body: html`${heading(
      again ? t.again.title : t.login.title,
      again ? t.again.lead : view.client === undefined ? t.login.leadOwn : t.login.lead(view.client),
    )}
${view.connecting !== undefined && html`<div class="notice" role="status">${icon("link")}<p>${t.login.connecting(view.connecting)}</p></div>`}
${mistakeSummary(page, mistakes)}
${
  hasForm &&
  form(
    page,
    { action: base },
    html`${first}
${field(page, {
  name: "password",
  label: t.common.password,
  type: "password",
  autocomplete: "current-password",
  maxlength: 1024,
  mistakes,
  autofocus: again !== undefined || (view.email ?? "") !== "",
  aside: forgotten,
})}
${submit(t.login.submit)}`,
  )
}
<div class="stack"${attributes({ "data-with-passkeys": view.issuers.length === 0, hidden: view.issuers.length === 0 })}>
${hasForm && html`<p class="or">${t.common.or}</p>`}
${isPasskeyOffered && passkeyForm(page, path, t.login.passkey, again === undefined)}
${view.issuers.map(
  ({ name, label }) =>
    html`<a class="button wide" href="${path}/with/${name}">${icon("compass")}${t.login.outside(label)}</a>`,
)}
</div>
${
  again
    ? html`<p class="small quiet">${t.again.other} <a href="${path}?switch=1">${t.again.switch}</a></p>`
    : view.canRegister &&
      html`<p class="small quiet">${t.login.noAccount} <a href="/account/register">${t.login.register}</a></p>`
}`,
  }
}

export interface FactorView {
  readonly base: string
  readonly kind: "totp" | "recovery" | "passkey"
  readonly others: readonly ("totp" | "recovery" | "passkey")[]
  readonly mistakes: readonly Mistake[]
}

/** The second factor. */
export function factorView(page: Page, { base, kind, others, mistakes }: FactorView): View {
  const { t } = page
  const isRecovery = kind === "recovery"
  const title = isRecovery ? t.factor.recoveryTitle : t.factor.title
  const action = `${base}/${isRecovery ? "recovery" : "factor"}`
  const code = field(page, {
    name: "code",
    label: isRecovery ? t.factor.recovery : t.factor.totp,
    autocomplete: isRecovery ? "off" : "one-time-code",
    class: isRecovery ? "spelled" : "code",
    maxlength: isRecovery ? 40 : 12,
    spellcheck: false,
    mistakes,
    autofocus: true,
    ...(isRecovery ? {} : { inputmode: "numeric" as const }),
  })
  return {
    title,
    isRefusal: mistakes.length > 0,
    body: html`${emblem(isRecovery ? "key" : kind === "passkey" ? "passkey" : "phone")}
${heading(title, isRecovery ? t.factor.recoveryLead : kind === "totp" ? t.factor.lead : t.factor.passkeyLead)}
${mistakeSummary(page, mistakes)}
${kind !== "passkey" && form(page, { action }, html`${code}${submit(t.factor.submit)}`)}
<div class="stack">
${(kind === "passkey" || others.includes("passkey")) && passkeyForm(page, base, t.factor.usePasskey, false)}
${kind === "passkey" && html`<p class="quiet small" data-without-passkeys>${t.security.needsScript}</p>`}
${others.includes("totp") && html`<a href="${base}/factor">${t.factor.useTotp}</a>`}
${others.includes("recovery") && html`<a href="${base}/recovery">${t.factor.useRecovery}</a>`}
</div>`,
  }
}

/** An application asks for more than this account can prove. */
export const factorNeededView = (page: Page, base: string, client: string): View => ({
  title: page.t.factor.requiredTitle,
  body: html`${emblem("shield")}
${heading(page.t.factor.requiredTitle, page.t.factor.requiredLead(client))}
<a class="button primary wide" href="/account/two-step">${page.t.factor.setUp}</a>
${form(page, { action: `${base}/abort` }, html`<button class="wide">${page.t.common.cancel}</button>`)}`,
})
