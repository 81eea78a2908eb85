/**
 * The mistakes of `fixtures/mistakes.ts`: where each is, and what the compiler must name.
 *
 * @module
 */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Diagnostic } from "./compiler.ts"

const fixtures = fileURLToPath(new URL("./fixtures/", import.meta.url))
const expectation = /^\s*\/\/ @ts-expect-error (?<why>.*"(?<word>[^"]+)".*)$/

export interface Mistake {
  /** The comment: "`total` is computed, never written". */
  readonly why: string
  /** What the message must name. */
  readonly word: string
  /** The line with the mistake. */
  readonly line: number
  readonly source: string
}

/** All mistakes, in the order of the file. */
export function plantedMistakes(): readonly Mistake[] {
  const lines = readFileSync(join(fixtures, "mistakes.ts"), "utf8").split("\n")
  return lines.flatMap((line, index) => {
    const groups = expectation.exec(line)?.groups
    return groups
      ? [{ why: groups["why"] ?? "", word: groups["word"] ?? "", line: index + 2, source: lines[index + 1] ?? "" }]
      : []
  })
}

/**
 * A new folder under the system's temporary one with `correct.ts`, `expected.ts` (each mistake is expected) and
 * `mistakes.ts` (none is, so that the compiler reports them).
 */
export function fixtureFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "archipel-types-"))
  const mistakes = readFileSync(join(fixtures, "mistakes.ts"), "utf8")
  cpSync(join(fixtures, "correct.ts"), join(folder, "correct.ts"))
  writeFileSync(join(folder, "expected.ts"), mistakes)
  writeFileSync(join(folder, "mistakes.ts"), mistakes.replaceAll("// @ts-expect-error", "// mistake:"))
  return folder
}

/** What the compiler says about one mistake: the piece of source it points at, and its message. */
export function describeMistake({ line, source, why }: Mistake, diagnostics: readonly Diagnostic[]): string {
  const messages = diagnostics
    .filter((diagnostic) => diagnostic.line === line)
    .map(({ code, column, message }) => {
      const [pointedAt = ""] = /^("[^"]*"|[\w$]+)/.exec(source.slice(column - 1)) ?? []
      return `${pointedAt} ${code} ${message}`
    })
  return [why, ...messages].join("\n")
}
