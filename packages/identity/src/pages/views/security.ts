import { field, form, type Mistake, mistakeSummary, newPasswordFields, submit } from "../form.ts"
import { heading, notice, type Page, tokenField, type View } from "../frame.ts"
import { type Content, type Html, html } from "../html.ts"
import { icon } from "../icons.ts"
import { since } from "../since.ts"

export interface ShownPasskey {
  readonly id: string
  readonly label: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

export interface SecurityView {
  readonly hasPassword: boolean
  readonly hasTotp: boolean
  readonly recoveryCodes: number
  readonly passkeys: readonly ShownPasskey[]
  readonly now: Date
  readonly notice?: string | undefined
}

/** What protects the account, and the ways to change it. */
export function securityView(page: Page, view: SecurityView): View {
  const { t } = page
  const hasSecond = view.hasTotp || view.passkeys.length > 0
  const passkey = ({ id, label, createdAt, lastUsedAt }: ShownPasskey): Html => html`<li>
<span class="sign">${icon("passkey")}</span>
<div class="what"><p class="strong">${label}</p>
<p class="quiet small">${t.security.added(since(page, createdAt, view.now))} · ${
    lastUsedAt === null ? t.security.neverUsed : t.security.used(since(page, lastUsedAt, view.now))
  }</p></div>
<div class="deeds">
<a class="button plain" href="/account/passkeys/${id}/rename" aria-label="${t.passkeys.rename}: ${label}">${t.passkeys.rename}</a>
<a class="button plain bad" href="/account/passkeys/${id}/remove" aria-label="${t.common.remove}: ${label}">${t.common.remove}</a>
</div></li>`
  return {
    title: t.security.title,
    body: html`${heading(t.security.title, t.security.lead)}
${notice(view.notice)}
<section class="panel" aria-labelledby="password"><header><h2 id="password">${t.security.password}</h2>
<p>${view.hasPassword ? t.security.passwordSet : t.security.passwordNone}</p></header>
<div class="buttons"><a class="button" href="/account/password">${view.hasPassword ? t.security.changePassword : t.security.setPassword}</a></div>
</section>
<section class="panel" aria-labelledby="two-step"><header><h2 id="two-step">${t.security.twoStep}</h2>
<span class="badge ${view.hasTotp && "good"}">${view.hasTotp ? t.security.twoStepOn : t.security.twoStepOff}</span>
<p>${view.hasTotp ? t.security.twoStepLeadOn : t.security.twoStepLeadOff}</p>
${hasSecond && html`<p>${t.security.recoveryLeft(view.recoveryCodes)}</p>`}</header>
<div class="buttons">
${
  view.hasTotp
    ? html`<a class="button" href="/account/two-step/off">${t.security.turnOff}</a>`
    : html`<a class="button primary" href="/account/two-step">${t.security.setUp}</a>`
}
${
  hasSecond &&
  html`<form method="post" action="/account/recovery-codes">${tokenField(page)}<button>${t.security.newRecovery}</button></form>`
}
</div></section>
<section class="panel" aria-labelledby="passkeys"><header><h2 id="passkeys">${t.security.passkeys}</h2><p>${t.security.passkeysLead}</p></header>
${
  view.passkeys.length > 0
    ? html`<ul class="rows">${view.passkeys.map(passkey)}</ul>`
    : html`<p class="quiet">${t.security.noPasskeys}</p>`
}
<div class="buttons"><a class="button" href="/account/passkeys/new">${icon("passkey")}${t.security.addPasskey}</a></div>
</section>`,
  }
}

/** A step away from the room it belongs to, with a way back. */
const step = (page: Page, title: string, lead: string | undefined, body: Content, isRefusal: boolean): View => ({
  title,
  isRefusal,
  body: html`<div><p class="back"><a href="/account/security">‹ ${page.t.account.security}</a></p>${heading(title, lead)}</div>${body}`,
})

export const passwordView = (
  page: Page,
  view: { readonly email: string; readonly hasPassword: boolean; readonly mistakes: readonly Mistake[] },
): View =>
  step(
    page,
    view.hasPassword ? page.t.password.title : page.t.security.setPassword,
    page.t.password.lead,
    html`${mistakeSummary(page, view.mistakes)}
<section class="panel">${form(
      page,
      { action: "/account/password", class: "narrow" },
      html`${newPasswordFields(page, view.email, view.mistakes)}${submit(view.hasPassword ? page.t.password.submit : page.t.security.setPassword)}`,
    )}</section>`,
    view.mistakes.length > 0,
  )

export interface TwoStepView {
  /** Drawn from the address that authenticator apps read. */
  readonly picture: Html
  readonly secret: string
  /** Both, sealed: what the form brings back. */
  readonly begun: string
  readonly mistakes: readonly Mistake[]
}

const inFours = (secret: string): string => secret.replaceAll(/(.{4})(?=.)/g, "$1 ")

export function twoStepView(page: Page, { picture, secret, begun, mistakes }: TwoStepView): View {
  const { t } = page
  return step(
    page,
    t.twoStep.title,
    undefined,
    html`${mistakeSummary(page, mistakes)}
<section class="panel"><ol class="steps">
<li><div><h2>${t.twoStep.scan}</h2><p class="quiet">${t.twoStep.scanHint}</p>${picture}
<p class="quiet small">${t.twoStep.manual}<br><code class="secret">${inFours(secret)}</code></p></div></li>
<li><div><h2 id="enter">${t.twoStep.enter}</h2>
${form(
  page,
  { action: "/account/two-step" },
  html`<input type="hidden" name="begun" value="${begun}">
${field(page, {
  name: "code",
  label: t.common.code,
  autocomplete: "one-time-code",
  inputmode: "numeric",
  class: "code",
  maxlength: 12,
  spellcheck: false,
  mistakes,
})}${submit(t.twoStep.submit)}`,
)}</div></li>
</ol></section>`,
    mistakes.length > 0,
  )
}

/** The only time that these codes are shown. */
export const recoveryCodesView = (page: Page, codes: readonly string[], isNew: boolean): View => {
  const { t } = page
  const title = isNew ? t.twoStep.newTitle : t.twoStep.onTitle
  return {
    title,
    body: html`${heading(title, isNew ? t.twoStep.newLead : t.twoStep.onLead)}
<section class="panel" aria-label="${t.twoStep.codes}"><ul class="codes">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<div class="buttons"><a class="button primary" href="/account/security">${icon("check")}${t.twoStep.kept}</a></div></section>`,
  }
}

/** Asks before something is taken away. */
export const removalView = (
  page: Page,
  view: { readonly title: string; readonly lead: string; readonly action: string; readonly submit: string },
): View =>
  step(
    page,
    view.title,
    view.lead,
    form(
      page,
      { action: view.action },
      html`<div class="buttons"><button class="danger">${view.submit}</button>
<a class="button" href="/account/security">${page.t.common.cancel}</a></div>`,
    ),
    false,
  )

export function passkeyAddView(
  page: Page,
  view: { readonly label: string; readonly mistakes: readonly Mistake[] },
): View {
  const { t } = page
  return step(
    page,
    t.passkeys.addTitle,
    t.passkeys.addLead,
    html`${mistakeSummary(page, view.mistakes)}
<section class="panel"><p data-without-passkeys>${t.security.needsScript}</p>
<form class="narrow" method="post" action="/account/passkeys" novalidate data-passkey="create" data-options="/account/passkeys/options" hidden>
${tokenField(page)}<input type="hidden" name="response" value="">
${field(page, {
  name: "label",
  label: t.passkeys.label,
  autocomplete: "off",
  value: view.label,
  placeholder: t.passkeys.labelExample,
  maxlength: 100,
  mistakes: view.mistakes,
})}
${submit(html`${icon("passkey")}${t.passkeys.add}`)}
</form></section>`,
    view.mistakes.length > 0,
  )
}

export const passkeyRenameView = (
  page: Page,
  view: { readonly id: string; readonly label: string; readonly mistakes: readonly Mistake[] },
): View =>
  step(
    page,
    page.t.passkeys.renameTitle,
    undefined,
    html`${mistakeSummary(page, view.mistakes)}
<section class="panel">${form(
      page,
      { action: `/account/passkeys/${view.id}/rename`, class: "narrow" },
      html`${field(page, {
        name: "label",
        label: page.t.passkeys.label,
        autocomplete: "off",
        value: view.label,
        maxlength: 100,
        mistakes: view.mistakes,
        autofocus: true,
      })}${submit(page.t.passkeys.rename)}`,
    )}</section>`,
    view.mistakes.length > 0,
  )
