import { type Content, attributes, type Html, html } from "./html.ts"
import { type Page, tokenField } from "./frame.ts"
import { icon } from "./icons.ts"

/** What is to be put right; without a field it is about the form as a whole. */
export interface Mistake {
  readonly field?: string
  readonly text: string
}

export interface FormOptions {
  readonly action: string
  readonly class?: string
}

/** A form with its token. What is missing is said by the server, in words and in one place. */
export const form = (page: Page, { action, class: name }: FormOptions, body: Content): Html =>
  html`<form method="post" action="${action}" novalidate${attributes({ class: name })}>
${tokenField(page)}
${body}
</form>`

/** All mistakes above a form, each leading to its field; it takes the focus, with or without scripts. */
export const mistakeSummary = (page: Page, mistakes: readonly Mistake[]): Content =>
  mistakes.length > 0 &&
  html`<div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="mistakes">${icon("alert")}<div>
<h2 id="mistakes">${page.t.common.problems(mistakes.length)}</h2>
<ul>${mistakes.map(({ field, text }) => html`<li>${field === undefined ? text : html`<a href="#${field}">${text}</a>`}</li>`)}</ul>
</div></div>`

export interface FieldOptions {
  readonly name: string
  readonly label: string
  readonly type?: "text" | "email" | "password"
  readonly value?: string | undefined
  /** The token of HTML (autofill detail), so that password managers know what belongs here. */
  readonly autocomplete: string
  readonly hint?: string
  readonly mistakes?: readonly Mistake[]
  readonly autofocus?: boolean
  readonly readonly?: boolean
  readonly maxlength?: number
  readonly inputmode?: "numeric"
  readonly class?: string
  readonly placeholder?: string
  readonly list?: string
  readonly spellcheck?: boolean
  /** Stands at the label's end. */
  readonly aside?: Html
}

/** A labelled field with its hint and its mistake; password fields get a button that shows them. */
export function field(page: Page, options: FieldOptions): Html {
  const { name, label, hint, aside, mistakes = [], type = "text" } = options
  const mistake = mistakes.find((one) => one.field === name)
  const described = [hint !== undefined && `${name}-hint`, mistake && `${name}-mistake`].filter(Boolean).join(" ")
  const input = html`<input id="${name}" name="${name}" type="${type}"${attributes({
    value: options.value,
    autocomplete: options.autocomplete,
    inputmode: options.inputmode,
    maxlength: options.maxlength,
    placeholder: options.placeholder,
    list: options.list,
    class: options.class,
    readonly: options.readonly === true,
    required: options.readonly !== true,
    autocapitalize: type === "text" && options.spellcheck !== false ? undefined : "none",
    spellcheck: options.spellcheck === false || type !== "text" ? "false" : undefined,
    "aria-invalid": mistake ? "true" : undefined,
    "aria-describedby": described === "" ? undefined : described,
    // The summary of mistakes takes the focus first.
    autofocus: options.autofocus === true && mistakes.length === 0,
  })}>`
  const reveal =
    type === "password" &&
    html`<button type="button" class="reveal" data-reveals="${name}" aria-pressed="false" aria-label="${page.t.common.showPassword}" hidden>${icon("eye")}</button>`
  return html`<div class="field">
${aside ? html`<div class="label-row"><label for="${name}">${label}</label>${aside}</div>` : html`<label for="${name}">${label}</label>`}
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${reveal ? html`<div class="with-button">${input}${reveal}</div>` : input}
${mistake && html`<p class="error" id="${name}-mistake">${mistake.text}</p>`}
</div>`
}

/** One of a few. */
export const choice = (
  options: Pick<FieldOptions, "name" | "label" | "hint" | "value" | "autocomplete"> & {
    readonly choices: readonly (readonly [value: string, label: string])[]
  },
): Html => html`<div class="field">
<label for="${options.name}">${options.label}</label>
${options.hint !== undefined && html`<p class="hint" id="${options.name}-hint">${options.hint}</p>`}
<select id="${options.name}" name="${options.name}"${attributes({
  autocomplete: options.autocomplete,
  "aria-describedby": options.hint === undefined ? undefined : `${options.name}-hint`,
})}>${options.choices.map(
  ([value, label]) =>
    html`<option value="${value}"${attributes({ selected: value === options.value })}>${label}</option>`,
)}</select>
</div>`

export const submit = (label: Content, kind: "primary" | "danger" | "" = "primary"): Html =>
  html`<button class="${kind} wide">${label}</button>`

/** A new password; the e-mail address goes along hidden, so that password managers know to which account it belongs. */
export const newPasswordFields = (
  page: Page,
  email: string | undefined,
  mistakes: readonly Mistake[],
  autofocus = true,
): Html =>
  html`${email !== undefined && html`<input type="email" name="username" value="${email}" autocomplete="username" hidden>`}
${field(page, {
  name: "password",
  label: page.t.common.newPassword,
  type: "password",
  autocomplete: "new-password",
  hint: page.t.common.newPasswordHint,
  maxlength: 1024,
  mistakes,
  autofocus,
})}`
