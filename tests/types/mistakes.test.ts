import { rmSync } from "node:fs"
import { afterAll, describe, expect, test } from "vitest"
import { compile, fromSource } from "./compiler.ts"
import { describeMistake, fixtureFolder, plantedMistakes } from "./mistakes.ts"

const folder = fixtureFolder()
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const planted = plantedMistakes()

test("what is right compiles, and each of the 26 mistakes is an error", () => {
  expect(planted).toHaveLength(26)
  expect(compile(folder, ["correct.ts", "expected.ts"], fromSource).diagnostics).toEqual([])
})

describe("messages", () => {
  const { diagnostics } = compile(folder, ["mistakes.ts"], fromSource)

  test("come one for each mistake, on its line", () => {
    expect(diagnostics.map(({ line }) => line)).toEqual(planted.map(({ line }) => line))
  })

  test.each(planted)("$why: named in few words", (mistake) => {
    const [, ...message] = describeMistake(mistake, diagnostics).split("\n")
    expect(message.join("\n")).toContain(mistake.word)
    expect(message.length).toBeLessThanOrEqual(3)
    expect(message.join("\n").length).toBeLessThanOrEqual(600)
  })

  test("are these", () => {
    expect(planted.map((mistake) => describeMistake(mistake, diagnostics)).join("\n\n")).toMatchSnapshot()
  })
})
