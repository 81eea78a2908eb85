import { writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { rightsText } from "@archipel/server"
import { type Command, readArguments } from "./command.ts"
import { Failure } from "./failure.ts"
import { type LoadedProgram, ProgramFailure, withProgram } from "./load-program.ts"
import { programOf } from "./program-of.ts"
import { serviceFolder } from "./service-folder.ts"

/** `archipel rights`: who may do what, in words. */
export const rights: Command = {
  name: "rights",
  usage: "archipel rights [MAIN] [--service NAME] [--write]",
  summary: "say who may do what with which records",
  help: `
Says in words what each role of MAIN (main.ts) may do: with which models, records and fields. Nothing is started.

  --service NAME  only this service
  --write         write each into rights.txt beside its service.ts, where a test compares it`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const options = { service: { type: "string" }, write: { type: "boolean" } } as const
      const given = readArguments(rights, args, options, { min: 0, max: 1 })
      const { program, only } = await programOf(given)
      const texts = textsOf(program).filter(({ name }) => only === undefined || name === only)
      if (!given.has("write")) {
        terminal.out.write(texts.map(({ text }) => text).join("\n"))
        return 0
      }
      const places = texts.map(({ name, text }) => ({ name, text, directory: serviceFolder(name, program) }))
      // Services that come from packages have their files there.
      const own = places.filter(({ directory }) => directory !== undefined)
      const [{ name: missing = "" } = {}] = own.length === 0 ? places : []
      if (own.length === 0)
        throw new Failure(`The service ${missing} has no folder of its own.`, {
          hint: `\`archipel rights --write\` writes beside ${missing}/service.ts. Without --write the rights are printed.`,
        })
      for (const { directory = "", text } of own) {
        const file = join(directory, "rights.txt")
        await writeFile(file, text)
        terminal.out.write(`${relative(process.cwd(), file)}\n`)
      }
      return 0
    }),
}

function textsOf({ services, files }: LoadedProgram): readonly { readonly name: string; readonly text: string }[] {
  try {
    return services.map((service) => ({ name: service.name, text: rightsText(service) }))
  } catch (error) {
    throw new ProgramFailure(error, [...files])
  }
}
