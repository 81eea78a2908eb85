/**
 * Text that is HTML, and the tag that makes it: everything put into it is escaped unless it is HTML itself.
 *
 * @module
 */

const made = Symbol("html")

/** Text that may go into a page as it is; only `html` and `trusted` make it. */
export interface Html {
  readonly [made]: string
}

/** What may stand in a template: nothing is written for what is absent or false. */
export type Content = Html | string | number | false | null | undefined | readonly Content[]

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => escapes[sign] as string)

function written(content: Content): string {
  if (content === undefined || content === null || content === false) return ""
  if (typeof content === "string") return escaped(content)
  if (typeof content === "number") return String(content)
  return made in content ? content[made] : content.map(written).join("")
}

/** HTML with its values escaped; in attributes they stand between quotes. */
export const html = (strings: TemplateStringsArray, ...values: readonly Content[]): Html => ({
  [made]: strings.reduce((text, part, i) => text + written(values[i - 1]) + part),
})

/** Text that is known to be HTML: our own files and what a library drew, never what a person wrote. */
export const trusted = (text: string): Html => ({ [made]: text })

/** The text to send. */
export const textOf = (content: Html): string => content[made]

/** Attributes by name, each with a space before it; those that are absent or false are left out, those that are true have no value. */
export const attributes = (values: Readonly<Record<string, string | number | boolean | undefined>>): Html =>
  trusted(
    Object.entries(values)
      .map(([name, value]) => {
        if (value === undefined || value === false) return ""
        return value === true ? ` ${name}` : ` ${name}="${escaped(String(value))}"`
      })
      .join(""),
  )
