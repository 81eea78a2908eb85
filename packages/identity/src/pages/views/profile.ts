import { choice, field, form, type Mistake, mistakeSummary } from "../form.ts"
import { heading, notice, type Page, type View } from "../frame.ts"
import { html } from "../html.ts"
import { languages } from "../messages/language.ts"

export interface ProfileView {
  readonly name: string
  readonly locale: string
  readonly timeZone: string
  readonly email: string
  readonly emailVerified: boolean
  readonly newEmail?: string | undefined
  readonly notice?: string | undefined
  readonly mistakes: readonly Mistake[]
}

/** Every time zone that this machine knows by name. */
const timeZones = Intl.supportedValuesOf("timeZone")

export function profileView(page: Page, view: ProfileView): View {
  const { t } = page
  const { mistakes } = view
  return {
    title: t.profile.title,
    isRefusal: mistakes.length > 0,
    body: html`${heading(t.profile.title, t.profile.lead)}
${notice(view.notice)}
${mistakeSummary(page, mistakes)}
<section class="panel" aria-labelledby="about"><h2 id="about">${t.profile.about}</h2>
${form(
  page,
  { action: "/account" },
  html`${field(page, {
    name: "name",
    label: t.common.name,
    autocomplete: "name",
    value: view.name,
    maxlength: 200,
    mistakes,
  })}
<div class="pair">
${choice({
  name: "locale",
  label: t.profile.locale,
  hint: t.profile.localeHint,
  value: view.locale,
  autocomplete: "language",
  choices: Object.entries(languages).map(([tag, { language }]) => [tag, language] as const),
})}
${field(page, {
  name: "timeZone",
  label: t.profile.timeZone,
  hint: t.profile.timeZoneHint,
  autocomplete: "off",
  value: view.timeZone,
  list: "zones",
  maxlength: 64,
  spellcheck: false,
  mistakes,
})}
</div>
<datalist id="zones">${timeZones.map((zone) => html`<option value="${zone}">`)}</datalist>
<div class="buttons"><button class="primary">${t.common.save}</button></div>`,
)}
</section>
<section class="panel" aria-labelledby="mail">
<header><h2 id="mail">${t.profile.email}</h2>
<span class="badge ${view.emailVerified ? "good" : "bad"}">${view.emailVerified ? t.profile.verified : t.profile.unverified}</span>
<p>${t.profile.emailLead}</p></header>
<p class="strong">${view.email}</p>
${
  !view.emailVerified &&
  form(
    page,
    { action: "/account/email/verification" },
    html`<div class="buttons"><button>${t.profile.resend}</button></div>`,
  )
}
${form(
  page,
  { action: "/account/email" },
  html`${field(page, {
    name: "email",
    label: t.profile.newEmail,
    hint: t.profile.newEmailHint,
    type: "email",
    autocomplete: "email",
    value: view.newEmail,
    maxlength: 254,
    mistakes,
  })}
<div class="buttons"><button>${t.profile.change}</button></div>`,
)}
</section>`,
  }
}
