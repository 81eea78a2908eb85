import { parseArgs, type ParseArgsConfig } from "node:util"
import { misuse } from "./failure.ts"
import { didYouMean } from "./nearest-word.ts"
import type { Terminal } from "./terminal.ts"

/** One word of the command line. */
export interface Command {
  readonly name: string
  /** "archipel add model SERVICE.Model [field:type …]" */
  readonly usage: string
  /** A few words for the list of commands. */
  readonly summary: string
  /** What `--help` says below the usage. */
  readonly help: string
  /** @returns the exit code */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}

type Options = NonNullable<ParseArgsConfig["options"]>
/** What a command was called with. */
export interface Arguments {
  readonly positionals: readonly string[]
  text(name: string): string | undefined
  has(name: string): boolean
}

/** @throws Failure with exit code 2 for an unknown option, a missing value, too few or too many words. */
export function readArguments(
  command: Pick<Command, "usage">,
  args: readonly string[],
  options: Options,
  words: { readonly min: number; readonly max: number },
): Arguments {
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw misuse(optionMistake(error as NodeJS.ErrnoException, Object.keys(options)), `Usage: ${command.usage}`)
  }
  const { values, positionals } = parsed
  if (positionals.length < words.min) throw misuse("Something is missing.", `Usage: ${command.usage}`)
  if (positionals.length > words.max)
    throw misuse(`"${positionals[words.max]}" is one word too many.`, `Usage: ${command.usage}`)
  return {
    positionals,
    text: (name) => (typeof values[name] === "string" ? values[name] : undefined),
    has: (name) => values[name] === true,
  }
}

function optionMistake({ code, message }: NodeJS.ErrnoException, known: readonly string[]): string {
  const option = /'(-[^' ]*)/.exec(message)?.[1] ?? ""
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION")
    return `There is no option ${option}.${didYouMean(
      option,
      known.map((name) => `--${name}`),
    )}`
  return `${message.split(/[.\n]/)[0]}.`
}
