import { describe, expect, test } from "vitest"
import { en } from "./en.ts"
import { fr } from "./fr.ts"
import { chooseLanguage } from "./language.ts"

type Leaf = readonly [path: string, value: unknown]

const leaves = (value: object, path = ""): readonly Leaf[] =>
  Object.entries(value).flatMap(([name, inner]: [string, unknown]): readonly Leaf[] =>
    typeof inner === "object" && inner !== null ? leaves(inner, `${path}/${name}`) : [[`${path}/${name}`, inner]],
  )

/** Words that are the same in both languages. */
const alike = new Set(["/common/code"])
const sentence = (value: unknown, marks: readonly unknown[]): string =>
  typeof value === "function" ? String((value as (...args: readonly unknown[]) => string)(...marks)) : String(value)

describe("every language", () => {
  const own = leaves(en)
  const french = new Map(leaves(fr))

  test("has the same texts", () => {
    expect([...french.keys()].toSorted()).toEqual(own.map(([path]) => path).toSorted())
  })

  test.each(own)("%s says something of its own, with what was put into it", (path, value) => {
    const marks = ["⟨a⟩", "⟨b⟩"]
    const says = sentence(value, marks)
    const saysFrench = sentence(french.get(path), marks)
    expect(says.trim()).not.toBe("")
    expect(saysFrench.trim()).not.toBe("")
    if (!alike.has(path)) expect(saysFrench).not.toBe(says)
    for (const mark of marks) expect(saysFrench.includes(mark)).toBe(says.includes(mark))
  })

  test.each(own.filter(([, value]) => typeof value === "function"))("%s takes numbers", (path, value) => {
    for (const count of [0, 1, 2]) {
      expect(sentence(value, [count, count])).not.toMatch(/undefined|NaN/)
      expect(sentence(french.get(path), [count, count])).not.toMatch(/undefined|NaN/)
    }
  })
})

describe("the language of a page", () => {
  test.each([
    [[], "fr", "fr"],
    [[], "fr-CA,fr;q=0.9,en;q=0.8", "fr"],
    [[], "de-DE,de;q=0.9", "en"],
    [[], "en;q=0.2, fr;q=0.7", "fr"],
    [[], "fr;q=0, en", "en"],
    [[], undefined, "en"],
    [["en"], "fr", "en"],
    [[undefined, "de fr"], "en", "fr"],
    [["constructor"], "toString", "en"],
  ] as const)("wishes %j and Accept-Language %j give %s", (wishes, header, language) => {
    expect(chooseLanguage(wishes, header)).toBe(language)
  })
})
