/**
 * What the pages on security say is held by a test is held by one: each test that they name is there, under that name, and each
 * requirement that they promise to answer is answered once.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"

const root = fileURLToPath(new URL("../../", import.meta.url))
const pages = ["docs/guides/security.md", "docs/guides/asvs.md"] as const

interface Link {
  readonly text: string
  /** From the root of the repository; without the part after "#". */
  readonly path: string
  readonly anchor: string | undefined
}

const read = (path: string): string => readFileSync(join(root, path), "utf8")

/** Links of a page into the repository. */
function linksOf(page: string, text = read(page)): Link[] {
  return [...text.matchAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]*)\)/g)]
    .filter(([, , target = ""]) => !/^[a-z]+:/.test(target))
    .map(([, name = "", target = ""]) => {
      const [path = "", anchor] = target.split("#")
      return { text: name, path: path === "" ? page : relative(root, join(root, dirname(page), path)), anchor }
    })
}

const testLinks = (page: string, text?: string): Link[] =>
  linksOf(page, text).filter(({ path }) => path.endsWith(".test.ts"))

const titles = new Map<string, ReadonlySet<string>>()

/** What tests and groups of tests of a file are called; what differs from case to case is "…". */
function titlesOf(path: string): ReadonlySet<string> {
  const known = titles.get(path)
  if (known !== undefined) return known
  const calls = /\(\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1\s*,/g
  const found = [...read(path).matchAll(calls)].map(([, , title = ""]) =>
    title.replaceAll(/\$\{[^}]*\}|%[sj]/g, "…").replaceAll(/\\(.)/g, "$1"),
  )
  titles.set(path, new Set(found))
  return new Set(found)
}

/** Addresses of headings, as hosts of Markdown make them. */
const anchorsOf = (path: string): string[] =>
  [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, "")
      .replaceAll(" ", "-"),
  )

describe.each(pages)("%s", (page) => {
  test("names tests that are there, by their names", () => {
    const named = testLinks(page)
    expect(named.length).toBeGreaterThan(40)
    const missing = named.filter(({ text, path }) => !existsSync(join(root, path)) || !titlesOf(path).has(text))
    expect(missing).toEqual([])
  })

  test("leads to pages and parts of pages that are there", () => {
    const missing = linksOf(page).filter(
      ({ path, anchor }) =>
        !existsSync(join(root, path)) || (anchor !== undefined && !anchorsOf(path).includes(anchor)),
    )
    expect(missing).toEqual([])
  })
})

test("a title that differs from case to case is compared without what differs, and one that is not there is missed", () => {
  const own = titlesOf("tests/security/traceability.test.ts")
  expect(own).toContain("names tests that are there, by their names")
  expect(own).toContain("each threat of … has a test or a reason")
  expect(own).not.toContain("names tests that are there")
})

/** Rows of the tables whose first cell looks like that. */
const rowsOf = (page: string, first: RegExp): string[][] =>
  read(page)
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .slice(2, -2)
        .split(" | ")
        .map((cell) => cell.trim()),
    )
    .filter(([cell = ""]) => first.test(cell))

const range = (section: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${section}.${index + 1}`)

/** Requirements of ASVS 5.0.0 up to level 2: in each section the first so many, which is how the standard orders them. */
const sections: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  V6: { "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4 },
  V7: { "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2 },
  V8: { "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1 },
  V9: { "9.1": 3, "9.2": 4 },
  V10: { "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3 },
}
const totals = { V6: 35, V7: 18, V8: 7, V9: 7, V10: 29 }

describe("ASVS 5.0.0, V6 to V10, up to level 2", () => {
  const page = "docs/guides/asvs.md"
  const rows = rowsOf(page, /^\d+\.\d+\.\d+$/)
  /** What stands where a requirement has no test. */
  const reason = /^(?:Document|Not applicable|Otherwise|Not yet): \S.{20,}/

  test.each(Object.entries(totals))("each of %s is answered once: %i", (chapter, total) => {
    const wanted = Object.entries(sections[chapter] ?? {}).flatMap(([section, count]) => range(section, count))
    expect(wanted).toHaveLength(total)
    const number = `${chapter.slice(1)}.`
    expect(rows.map(([id = ""]) => id).filter((id) => id.startsWith(number))).toEqual(wanted)
  })

  test("by a test, or by the reason why there is none", () => {
    const unanswered = rows.filter(
      ([, how = "", by = ""]) => how.length < 10 || (testLinks(page, by).length === 0 && !reason.test(by)),
    )
    expect(unanswered).toEqual([])
  })

  test("and the page counts them as they are", () => {
    const of = (word: string): number => rows.filter(([, , by = ""]) => by.startsWith(`${word}: `)).length
    const [otherwise, document, inapplicable, open] = ["Otherwise", "Document", "Not applicable", "Not yet"].map(of)
    const tested = rows.filter(([, , by = ""]) => by.startsWith("[")).length
    expect(read(page)).toContain(
      `${tested} of ${rows.length} are held by tests, ${otherwise} are met in another way than asked for, ` +
        `${document} are met by a document, ${inapplicable} do not apply, ${open} are open.`,
    )
  })
})

describe("the list of threats", () => {
  const page = "docs/guides/security.md"
  const rows = rowsOf(page, /^T\d+ /)
  const expected = Array.from({ length: 32 }, (_, index) => `T${index + 1}`)

  test("has each once", () => {
    expect(rows.map(([name = ""]) => name.split(" ")[0])).toEqual(expected)
  })

  test.each(expected)("each threat of %s has a test or a reason", (name) => {
    const [, design = "", by = ""] = rows.find(([cell = ""]) => cell.startsWith(`${name} `)) ?? []
    expect(design.length).toBeGreaterThan(20)
    if (testLinks(page, by).length === 0) expect(by).toMatch(/^Not yet: \S.{20,}/)
  })
})
