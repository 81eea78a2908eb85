/**
 * The fenced blocks of a Markdown page.
 *
 * @module
 */

/** One fenced block: its language, the words after it, and its text. */
export interface Block {
  readonly language: string
  /** What follows the language: `as=clara id=order 201`. */
  readonly words: readonly string[]
  readonly text: string
  /** Of the opening fence, from 1: to find it in the page. */
  readonly line: number
}

/** @throws Error for a block that is not closed. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { readonly info: readonly string[]; readonly line: number; readonly lines: string[] } | undefined
  for (const [i, line] of markdown.split("\n").entries()) {
    if (open === undefined) {
      if (line.startsWith("```")) open = { info: line.slice(3).trim().split(/\s+/), line: i + 1, lines: [] }
    } else if (line === "```") {
      const [language = "", ...words] = open.info
      blocks.push({ language, words, text: open.lines.join("\n"), line: open.line })
      open = undefined
    } else open.lines.push(line)
  }
  if (open !== undefined) throw new Error(`The block of line ${open.line} is not closed.`)
  return blocks
}

/** The value of `name=value` among a block's words. */
export const wordOf = ({ words }: Block, name: string): string | undefined =>
  words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
