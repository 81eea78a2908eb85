import { readdirSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { everyText } from "./every-text.ts"

/** Words that are the same in both languages. */
const same: ReadonlySet<string> = new Set([
  "Actions",
  "Administration",
  "Archipel",
  "Menu",
  "Parent",
  "Restriction",
  "Services",
  "Total",
  "Trace",
  "Transition",
  "Version",
])
const all = everyText()

test("every text is said in English and in French", () => {
  expect(all.length).toBeGreaterThan(300)
  expect(all.filter(({ en, fr }) => !en?.trim() || !fr?.trim()).map(({ at }) => at)).toEqual([])
})

test("no French text is an English one that nobody translated", () => {
  // Names, numbers and signs are no words.
  const isWords = (text: string): boolean => /\p{L}{3}/u.test(text.replaceAll(/Xyz|undefined|NaN/g, ""))
  const left = all.filter(({ en = "", fr }) => en === fr && isWords(en) && !same.has(en))
  expect(left.map(({ at, en }) => `${at}: ${en}`)).toEqual([])
})

test("what is read aloud or hinted at is never written into an element as it is", () => {
  const sources = new URL("../src/", import.meta.url)
  const found = readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".tsx"))
    .flatMap((file) => {
      const source = readFileSync(new URL(file, sources), "utf8")
      return [...source.matchAll(/ (?:aria-label|title|placeholder|alt)="[^"]+"/g)].map(([text]) => `${file}:${text}`)
    })
  expect(found).toEqual([])
})
