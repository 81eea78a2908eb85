import { useSyncExternalStore } from "react"

/** The languages that every text of the admin has. */
export const languages = { en: "English", fr: "Français" } as const
export type Language = keyof typeof languages

const KEY = "archipel.language"
const listeners = new Set<() => void>()

/** The page's language; set before the first paint (public/appearance.js). */
export const languageNow = (): Language => (document.documentElement.lang === "fr" ? "fr" : "en")

export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEY, language)
  document.documentElement.lang = language
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useLanguage = (): Language => useSyncExternalStore(subscribe, languageNow)

/** Texts outside of a component's own state. */
export interface Texts<T> {
  /** In the page's language at this moment. */
  readonly now: () => T
  /** For what is told its language: a list has thousands of cells, none of which need listen for itself. */
  readonly of: (language: Language) => T
}

/**
 * The texts of one part of the admin in every language, as a hook that gives those of the page's language. They stay beside the part's
 * code and are loaded with it. Texts with values are functions, so that each language orders and counts as it does.
 */
export function texts<T extends object>(en: T, fr: NoInfer<T>): (() => T) & Texts<T> {
  const all: Readonly<Record<Language, T>> = { en, fr }
  return Object.assign(() => all[useLanguage()], {
    now: () => all[languageNow()],
    of: (language: Language) => all[language],
  })
}

/**
 * The form of a word for a number that is none or more: `plural("fr", 0, "fiche", "fiches")`. By the rules of CLDR for cardinals of
 * both languages; `Intl.PluralRules` says the same and is dear to make.
 */
export const plural = (language: Language, count: number, one: string, other: string): string =>
  (language === "fr" ? count < 2 : count === 1) ? one : other
