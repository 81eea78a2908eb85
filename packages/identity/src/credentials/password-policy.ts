import type { ZxcvbnFactory } from "@zxcvbn-ts/core"

/**
 * What is said about a new password: `personal` is the owner's name or address, or little more; `weak` can be guessed in fewer than
 * about 10^8 tries.
 */
export type PasswordVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly code: "too_short" | "too_long" | "personal" | "weak"
      readonly advice: PasswordAdvice
    }

/** Why a password is easy to guess, for a page that says it in its reader's language. */
export type PasswordAdvice = "none" | "common" | "repeated" | "sequence" | "keyboard" | "date" | "word"

/** Characters, as people count them. */
export const passwordLength = { least: 8, most: 1_024 } as const

/** What is estimated: the time grows with the square, and what follows the first 64 characters cannot make them weaker. */
const ESTIMATED_CHARACTERS = 64
const LEAST_SCORE = 3

let loading: Promise<ZxcvbnFactory> | undefined

/** Loaded with the first new password: its dictionaries are large. */
async function loadEstimator(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ])
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: ESTIMATED_CHARACTERS })
}

/** One form for what looks the same, whichever keyboard it was typed on. */
export const normalisePassword = (password: string): string => password.normalize("NFC")

/**
 * Judges a new password: length, guessability, and that it is not made of what everybody knows about its owner. No rules about
 * kinds of characters, and no expiry. About 20 ms at most.
 *
 * @param known What is known about the owner: name, e-mail address, the product's name.
 */
export async function judgePassword(password: string, known: readonly string[]): Promise<PasswordVerdict> {
  const text = normalisePassword(password)
  const characters = [...text].length
  if (characters < passwordLength.least) return { ok: false, code: "too_short", advice: "none" }
  if (characters > passwordLength.most) return { ok: false, code: "too_long", advice: "none" }
  const words = [...new Set(known.flatMap(wordsOf))]
  if (isPersonal(text.toLowerCase(), words)) return { ok: false, code: "personal", advice: "none" }
  loading ??= loadEstimator()
  const result = (await loading).check([...text].slice(0, ESTIMATED_CHARACTERS).join(""), words)
  if (result.score >= LEAST_SCORE) return { ok: true }
  const longest = result.sequence.toSorted((a, b) => b.token.length - a.token.length)[0]
  return { ok: false, code: "weak", advice: adviceOn(longest) }
}

/** An address or name as a whole, and its parts that are long enough to matter. */
function wordsOf(text: string): string[] {
  const lower = text.normalize("NFC").toLowerCase()
  return [lower, ...lower.split(/[^\p{L}\p{N}]+/u)].filter((word) => word.length >= 3)
}

/** Whether fewer than half of the characters (and than 8) remain once what is known was taken out. */
function isPersonal(password: string, words: readonly string[]): boolean {
  let rest = password
  for (const word of words.toSorted((a, b) => b.length - a.length)) rest = rest.replaceAll(word, "")
  const remaining = [...rest].length
  return remaining < passwordLength.least && remaining < [...password].length / 2
}

function adviceOn(match: { readonly pattern: string; readonly dictionaryName?: string } | undefined): PasswordAdvice {
  switch (match?.pattern) {
    case "repeat":
      return "repeated"
    case "sequence":
      return "sequence"
    case "spatial":
      return "keyboard"
    case "date":
    case "regex":
      return "date"
    case "dictionary":
      return match.dictionaryName === "passwords-common" ? "common" : "word"
    default:
      return "none"
  }
}
