/** Focuses the first input of the form. @returns false where there is none */
export function focusFirstInput(): boolean {
  const input = document.querySelector<HTMLElement>(
    "[data-form] [data-field] :is(input, select, textarea):not([tabindex='-1'])",
  )
  input?.focus()
  return input !== null
}
