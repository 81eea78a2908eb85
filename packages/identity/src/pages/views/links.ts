/** Pages that mails lead to, and those that send the mails. */
import { field, form, type Mistake, mistakeSummary, newPasswordFields, submit } from "../form.ts"
import { emblem, heading, type Page, type View } from "../frame.ts"
import { type Content, html } from "../html.ts"
import { icon, type IconName } from "../icons.ts"

const backToLogin = (page: Page): Content => html`<p><a href="/account">${page.t.common.backToLogin}</a></p>`

/** Asks for the address that a link is sent to. */
export function addressView(
  page: Page,
  view: {
    readonly kind: "reset" | "register"
    readonly email?: string | undefined
    readonly mistakes: readonly Mistake[]
  },
): View {
  const { t } = page
  const isReset = view.kind === "reset"
  const title = isReset ? t.reset.requestTitle : t.register.title
  return {
    title,
    isRefusal: view.mistakes.length > 0,
    body: html`${heading(title, isReset ? t.reset.requestLead : t.register.lead)}
${mistakeSummary(page, view.mistakes)}
${form(
  page,
  { action: `/account/${view.kind}` },
  html`${field(page, {
    name: "email",
    label: t.common.email,
    type: "email",
    autocomplete: isReset ? "username" : "email",
    value: view.email,
    maxlength: 254,
    mistakes: view.mistakes,
    autofocus: true,
  })}
${submit(isReset ? t.reset.send : t.register.submit)}`,
)}
${isReset ? backToLogin(page) : html`<p class="small quiet">${t.register.hasAccount} <a href="/account">${t.register.login}</a></p>`}`,
  }
}

/** The same whether or not there is such an account. */
export const sentView = (page: Page, kind: "reset" | "register"): View => {
  const { t } = page
  return {
    title: t[kind].sentTitle,
    body: html`${emblem("mail")}
${heading(t[kind].sentTitle, t[kind].sent)}
<p class="quiet">${t.reset.sentHint}</p>
<p><a href="/account/${kind}">${t.reset.again}</a></p>
${backToLogin(page)}`,
  }
}

/** Says one thing, and where one can go from there. */
export const plainView = (view: {
  readonly icon: IconName
  readonly mood?: "good" | "bad"
  readonly title: string
  readonly lead: string
  readonly next?: { readonly path: string; readonly label: string }
  readonly facts?: readonly (readonly [string, string])[]
}): View => ({
  title: view.title,
  body: html`${emblem(view.icon, view.mood)}
${heading(view.title, view.lead)}
${
  view.facts &&
  view.facts.length > 0 &&
  html`<dl class="facts">${view.facts.map(([name, value]) => html`<dt>${name}</dt><dd class="mono">${value}</dd>`)}</dl>`
}
${view.next && html`<a class="button primary wide" href="${view.next.path}">${view.next.label}</a>`}`,
})

export interface PasswordLinkView {
  readonly kind: "reset" | "invite" | "register"
  /** The path of the link, secret and all. */
  readonly action: string
  readonly email: string
  /** Asked for along with the password. */
  readonly name?: string | undefined
  readonly mistakes: readonly Mistake[]
}

/** A password is chosen with a link: after it was forgotten, or for the first time. */
export function passwordLinkView(page: Page, view: PasswordLinkView): View {
  const { t } = page
  const isReset = view.kind === "reset"
  const title = isReset ? t.reset.title : t.invitation.title
  return {
    title,
    isRefusal: view.mistakes.length > 0,
    body: html`${heading(
      title,
      isReset
        ? t.reset.lead
        : view.kind === "invite"
          ? t.invitation.lead(view.email)
          : t.register.finishLead(view.email),
    )}
${mistakeSummary(page, view.mistakes)}
${form(
  page,
  { action: view.action },
  html`${
    !isReset &&
    field(page, {
      name: "name",
      label: t.common.name,
      autocomplete: "name",
      value: view.name,
      maxlength: 200,
      mistakes: view.mistakes,
      autofocus: true,
    })
  }
${newPasswordFields(page, view.email, view.mistakes, isReset)}
${submit(isReset ? t.reset.submit : t.invitation.submit)}`,
)}`,
  }
}

/** A link that does something by a button: opening a mail, or a scanner that follows its links, changes nothing. */
export const buttonLinkView = (
  page: Page,
  view: {
    readonly action: string
    readonly title: string
    readonly lead: string
    readonly submit: string
    readonly icon: IconName
  },
): View => ({
  title: view.title,
  body: html`${emblem(view.icon)}
${heading(view.title, view.lead)}
${form(page, { action: view.action }, submit(html`${view.submit}${icon("check")}`))}`,
})
