import type { Command } from "./command.ts"
import { misuse } from "./failure.ts"
import { didYouMean } from "./nearest-word.ts"

/** A command whose first word says which of several it is: `archipel add model …`. */
export function commandGroup(group: {
  readonly name: string
  readonly summary: string
  /** What is said where the word is missing. */
  readonly nothing: string
  /** And where it is none of them. */
  readonly unknown: (word: string) => string
  readonly parts: readonly Command[]
}): Command {
  const { name, summary, parts } = group
  const usage = parts.map((part) => part.usage).join(" | ")
  return {
    name,
    usage,
    summary,
    help: parts.map((part) => `${part.usage}\n  ${part.help.trim()}`).join("\n\n"),
    async run([kind, ...rest], terminal) {
      const part = parts.find((each) => each.name === kind)
      if (part !== undefined) return part.run(rest, terminal)
      const known = parts.map((each) => each.name)
      throw misuse(
        kind === undefined ? group.nothing : `${group.unknown(kind)}${didYouMean(kind, known)}`,
        `Usage: ${usage}`,
      )
    },
  }
}
