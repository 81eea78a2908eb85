import type { Messages } from "./en.ts"
import { en } from "./en.ts"
import { fr } from "./fr.ts"

/** The languages of the pages, by their BCP 47 tag; the first is for everybody whose language is not among them. */
export const languages = { en, fr } as const satisfies Readonly<Record<string, Messages>>

export type Language = keyof typeof languages

const known = (tag: string): Language | undefined => {
  const primary = tag.trim().toLowerCase().split("-", 1)[0] as string
  return Object.hasOwn(languages, primary) ? (primary as Language) : undefined
}

/** At most so many entries of a header are looked at. */
const MAX_RANGES = 16

/** Language ranges of an Accept-Language header (RFC 9110, section 12.5.4), best first. */
function rangesOf(header: string): readonly string[] {
  return header
    .split(",", MAX_RANGES)
    .map((part) => {
      const [tag = "", ...parameters] = part.split(";")
      const quality = parameters.map((p) => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find((q) => q !== undefined)
      return { tag, quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)
}

/**
 * The language of a page: the first of these that the pages have.
 *
 * @param wishes What the person chose, then what their account says, then what the application asked for; absent ones are passed over.
 */
export function chooseLanguage(wishes: readonly (string | undefined)[], acceptLanguage: string | undefined): Language {
  for (const wish of wishes) {
    // `ui_locales` holds several, separated by spaces.
    for (const tag of (wish ?? "").split(" ")) {
      const language = known(tag)
      if (language) return language
    }
  }
  for (const tag of rangesOf(acceptLanguage ?? "")) {
    const language = known(tag)
    if (language) return language
  }
  return "en"
}
