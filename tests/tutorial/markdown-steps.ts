/**
 * A page of the tutorial as what a reader does: run this, save that, see this.
 *
 * @module
 */

/** One block of a page. `line` is its place in the page. */
export type Step = {
  readonly line: number
} /** In the background it takes the place of programs before it, unless it runs beside them. */ & (
  | { readonly kind: "run"; readonly script: string; readonly background: boolean; readonly beside: boolean }
  /** A file that the reader saves. */
  | { readonly kind: "file"; readonly path: string; readonly text: string }
  /** A file that the reader finds as it is here. */
  | { readonly kind: "shows"; readonly path: string; readonly text: string }
  /** Lines that come in this order: from the commands before, or from the program that runs meanwhile. */
  | { readonly kind: "expect"; readonly lines: readonly string[]; readonly of: "commands" | "server" }
)

/** @throws Error for a block that no rule covers: nothing on a page goes untested. */
export function stepsOf(markdown: string): readonly Step[] {
  const steps: Step[] = []
  const lines = markdown.split("\n")
  for (let i = 0; i < lines.length; i++) {
    const info = /^```(.*)$/.exec(lines[i] ?? "")?.[1]
    if (info === undefined) continue
    const line = i + 1
    const end = lines.indexOf("```", line)
    if (end < 0) throw new Error(`The block of line ${line} does not end.`)
    steps.push(stepOf(info.trim().split(/\s+/), lines.slice(line, end), line))
    i = end
  }
  return steps
}

function stepOf([language, what, path]: readonly string[], body: readonly string[], line: number): Step {
  const text = `${body.join("\n")}\n`
  if (language === "sh" && (what === undefined || what === "background" || what === "beside"))
    return { kind: "run", script: text, background: what !== undefined, beside: what === "beside", line }
  if (language === "text" && (what === undefined || what === "server"))
    return { kind: "expect", lines: body, of: what === "server" ? "server" : "commands", line }
  if ((what === "file" || what === "shows") && path !== undefined) return { kind: what, path, text, line }
  throw new Error(
    `Line ${line}: a block is sh, sh background, sh beside, text, text server, or LANGUAGE file|shows PATH.`,
  )
}

/** The first expected line that does not follow the ones before it in the text. */
export function missingLine(expected: readonly string[], text: string): string | undefined {
  let from = 0
  for (const line of expected) {
    const at = text.indexOf(line.trim(), from)
    if (at < 0) return line
    from = at + line.trim().length
  }
  return undefined
}
