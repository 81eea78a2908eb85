import type { Command } from "./command.ts"
import { misuse } from "./failure.ts"
import { didYouMean } from "./nearest-word.ts"
import { complain } from "./explain/complaint.ts"
import { processTerminal, styled, type Terminal } from "./terminal.ts"

/** Loaded when asked for: `new` starts on an old Node, and help starts at once. */
const commands: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  new: { summary: "make a project", load: async () => (await import("./new-project.ts")).newProject },
  add: {
    summary: "add a service, a model, the login or a neighbour to it",
    load: async () => (await import("./add.ts")).add,
  },
  adopt: {
    summary: "make a service of a database that is there already",
    load: async () => (await import("./adopt/adopt.ts")).adopt,
  },
  dev: {
    summary: "run it, and again after every change",
    load: async () => (await import("./dev/dev.ts")).dev,
  },
  serve: {
    summary: "run one of its services, apart from the others",
    load: async () => (await import("./serve.ts")).serve,
  },
  console: {
    summary: "look at records and change them by hand",
    load: async () => (await import("./console/console.ts")).openConsole,
  },
  routes: { summary: "list the addresses that it serves", load: async () => (await import("./routes.ts")).routes },
  schema: {
    summary: "print the plain SQL of its tables",
    load: async () => (await import("./adopt/schema.ts")).schema,
  },
  contract: {
    summary: "hand contracts to others, and see whether they still fit",
    load: async () => (await import("./contract/contract.ts")).contract,
  },
  migrate: {
    summary: "change databases in use with their contracts",
    load: async () => (await import("./migrate/migrate.ts")).migrate,
  },
  rights: { summary: "say who may do what with which records", load: async () => (await import("./rights.ts")).rights },
}

const helpWords = new Set(["help", "--help", "-h"])

/**
 * The command line: `archipel COMMAND …`.
 *
 * @returns the exit code: 0 done, 1 it did not work, 2 the command line is wrong.
 */
export async function main(args: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  try {
    const [first, ...rest] = args
    if (first === undefined || (helpWords.has(first) && rest.length === 0)) {
      terminal.out.write(overview(terminal))
      return first === undefined ? 2 : 0
    }
    if (first === "--version" || first === "-v") {
      const { cliVersion } = await import("./versions.ts")
      terminal.out.write(`${cliVersion}\n`)
      return 0
    }
    const name = helpWords.has(first) ? (rest[0] as string) : first
    const known = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (known === undefined)
      throw misuse(
        `There is no command "${name}".${didYouMean(name, Object.keys(commands))}`,
        `The commands are ${Object.keys(commands).join(", ")}; \`archipel help\` says what they do.`,
      )
    const command = await known.load()
    if (helpWords.has(first) || rest.some((word) => word === "--help" || word === "-h")) {
      terminal.out.write(`Usage: ${command.usage}\n\n${command.help.trim()}\n`)
      return 0
    }
    return await command.run(rest, terminal)
  } catch (error) {
    return complain(error, terminal)
  }
}

function overview(terminal: Terminal): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${styled(terminal.out, "bold", name.padEnd(9))}${summary}`,
  )
  return `archipel COMMAND …\n\n${lines.join("\n")}\n\n\`archipel help COMMAND\` says more of one.\n`
}
