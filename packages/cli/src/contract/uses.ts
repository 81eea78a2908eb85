import { writeFileSync } from "node:fs"
import { relative } from "node:path"
import { allUses, type ContractUses } from "@archipel/core"
import { usesText } from "@archipel/server"
import { type Command, readArguments } from "../command.ts"
import { withProgram } from "../load-program.ts"
import { programOf } from "../program-of.ts"
import { usesOfProgram } from "./service-uses.ts"

/** `archipel contract uses`: what services use of their neighbours. */
export const uses: Command = {
  name: "uses",
  usage: "archipel contract uses [MAIN] [--service NAME] [--write]",
  summary: "say what services use of their neighbours",
  help: `  Says what the services of MAIN (main.ts) use of other services: the models that their contracts refer to, what their logic depends
  on, and what their tests recorded (testService with \`uses\`, run with UPDATE_USES=1).

  --service NAME  only this service
  --write         write each into uses.json beside its service.ts: commit it, and give it to the owners of these neighbours`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const options = { service: { type: "string" }, write: { type: "boolean" } } as const
      const given = readArguments(uses, args, options, { min: 0, max: 1 })
      const { program, only } = await programOf(given)
      const all = usesOfProgram(program).filter(({ service, file }) =>
        only === undefined ? file !== undefined : service === only,
      )
      const { out } = terminal
      for (const { service, file, current } of all) {
        if (given.has("write") && file !== undefined) {
          writeFileSync(file, usesText(current))
          out.write(`${relative(process.cwd(), file)}\n`)
        } else out.write(`${service}\n${linesOf(allUses([current.declared, current.recorded]))}`)
      }
      return 0
    }),
}

function linesOf(found: ContractUses): string {
  const lines = Object.entries(found).map(([model, { reads, creates, writes, calls }]) => {
    const parts = [
      ...(reads.length > 0 ? [`reads ${reads.join(", ")}`] : []),
      ...(creates ? ["creates records"] : []),
      ...(writes.length > 0 ? [`writes ${writes.join(", ")}`] : []),
      ...(calls.length > 0 ? [`calls ${calls.join(", ")}`] : []),
    ]
    return `  ${model}: ${parts.length > 0 ? parts.join("; ") : "refers to it"}\n`
  })
  return lines.length > 0 ? lines.join("") : "  nothing of others\n"
}
