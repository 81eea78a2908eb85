/**
 * Every text of the admin in both languages, read from its sources.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { fileURLToPath } from "node:url"

const sources = fileURLToPath(new URL("../src/", import.meta.url))

/** A text of one part: where it is ("form/text.ts: keys.next"), and what it says; functions say theirs for some values. */
export interface EveryText {
  readonly at: string
  readonly en: string | undefined
  readonly fr: string | undefined
}

/** What is between the parenthesis that opens at an index and the one that closes it. */
function argumentsAt(source: string, open: number): string {
  let depth = 0
  let quote = ""
  for (let i = open; i < source.length; i++) {
    const sign = source[i] as string
    if (quote) {
      if (sign === "\\") i++
      else if (sign === quote) quote = ""
      // What a template inserts has texts of its own.
      else if (quote === "`" && sign === "$" && source[i + 1] === "{") i = open + argumentsIn(source, i + 1)
    } else if (sign === '"' || sign === "`") quote = sign
    else if (sign === "/" && source[i + 1] === "/") i = source.indexOf("\n", i)
    else if ("([{".includes(sign)) depth++
    else if (")]}".includes(sign) && --depth === 0) return source.slice(open + 1, i)
  }
  throw new Error("A parenthesis is not closed.")

  function argumentsIn(text: string, from: number): number {
    return from - open + argumentsAt(text, from).length + 1
  }
}

/** Values that functions of texts are called with: a name, and numbers. */
const SAMPLE = "Xyz"
const helpers = {
  plural: (_: string, n: number, one: string, other: string) => (n === 1 ? one : other),
  count: (_: string, n: number) => String(n),
  rowsEn: (n: number) => `${n} rows`,
  rowsFr: (n: number) => `${n} lignes`,
}

function said(value: unknown): string | undefined {
  if (typeof value === "string") return value
  if (typeof value !== "function") return undefined
  const sample = Array.from({ length: value.length }, () => SAMPLE)
  try {
    return String((value as (...given: readonly unknown[]) => unknown)(...sample))
  } catch {
    return SAMPLE
  }
}

function compared(at: string, en: unknown, fr: unknown): readonly EveryText[] {
  const isNested = (value: unknown): value is object => typeof value === "object" && value !== null
  if (!isNested(en) && !isNested(fr)) return [{ at, en: said(en), fr: said(fr) }]
  const names = new Set([...Object.keys(en ?? {}), ...Object.keys(fr ?? {})])
  return [...names].flatMap((name) =>
    compared(
      `${at}.${name}`,
      (en as Readonly<Record<string, unknown>> | undefined)?.[name],
      (fr as Readonly<Record<string, unknown>> | undefined)?.[name],
    ),
  )
}

/** @throws where a part's texts cannot be read */
export function everyText(): readonly EveryText[] {
  return readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && file !== "i18n/language.ts")
    .flatMap((file) => {
      const source = readFileSync(sources + file, "utf8")
      return [...source.matchAll(/ = texts\(/g)].flatMap(({ index }) => {
        const given = `const both = [${argumentsAt(source, index + " = texts".length)}]`
        const script = `${stripTypeScriptTypes(given)}; return both`
        const [en, fr] = new Function(...Object.keys(helpers), script)(...Object.values(helpers)) as [object, object]
        return compared(file, en, fr)
      })
    })
}
