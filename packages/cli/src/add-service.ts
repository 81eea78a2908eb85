import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { kebabCase } from "@archipel/core"
import { type Command, readArguments } from "./command.ts"
import { Failure, misuse } from "./failure.ts"
import { appended, declares, edited, imported } from "./sources/edit.ts"
import { callsOf, projectFiles, projectFolder } from "./sources/project-files.ts"
import { lineAt, placeOf, type SyntaxNode, type TypeScriptFile, valueOf } from "./sources/typescript-file.ts"

/** Words that a name in code cannot be. */
const RESERVED = new Set(
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof let new null package private public return static super switch this throw true try typeof var void while with yield start service contract".split(
    " ",
  ),
)

export const isServiceName = (name: string): boolean => /^[a-z][A-Za-z0-9]{0,40}$/.test(name) && !RESERVED.has(name)

/** `archipel add service sales`: its directory, and its place in the program. */
export const addService: Command = {
  name: "service",
  usage: "archipel add service NAME",
  summary: "add a service",
  help: "  Makes services/NAME with its contract, logic and service, and starts it in main.ts.",
  async run(args, { out }) {
    const given = readArguments(addService, args, {}, { min: 1, max: 1 })
    const name = given.positionals[0] as string
    if (!isServiceName(name))
      throw misuse(
        `"${name}" cannot be the name of a service.`,
        "A service's name is one word in camelCase, not one of the language: sales, humanResources.",
      )
    const folder = projectFolder()
    const files = projectFiles(folder)
    const [known] = callsOf(files, "contract", name)
    if (known)
      throw new Failure(`The service "${name}" exists already.`, {
        place: placeOf(known.file.path, lineAt(known.file.text, known.call.start)),
        hint: `Add to it with \`archipel add model ${name}.Model field:type …\`.`,
      })
    const target = join(folder, "services", kebabCase(name))
    if (existsSync(target))
      throw new Failure(`${relative(process.cwd(), target)} exists already.`, { hint: "Choose another name." })
    const program = startCall(files)
    const service = join(target, "service.ts")
    let module = relative(dirname(program.file.path), service).replaceAll("\\", "/")
    if (!module.startsWith(".")) module = `./${module}`
    if (declares(program.file, name))
      throw new Failure(`"${name}" means something else in this file already.`, {
        place: placeOf(program.file.path, 1),
        hint: "Choose another name.",
      })
    const changed = edited(program.file.text, [
      appended(program.file, program.list, name),
      ...imported(program.file, module, [name]),
    ])
    mkdirSync(target, { recursive: true })
    writeFileSync(join(target, "contract.ts"), contractText(name))
    writeFileSync(join(target, "logic.ts"), 'import "./contract.ts"\n')
    writeFileSync(service, serviceText(name))
    writeFileSync(program.file.path, changed)
    const near = (path: string): string => relative(process.cwd(), path)
    out.write(
      `Made ${near(target)}: contract.ts, logic.ts, service.ts; it starts in ${near(program.file.path)}.\n\n` +
        `Next: give it a model.\n  npx archipel add model ${name}.Thing name:text\n`,
    )
    return 0
  },
}

/** The list of services in the one call of `start`. */
export function startCall(files: readonly string[]): { file: TypeScriptFile; list: SyntaxNode } {
  for (const { file, arguments: given } of callsOf(files, "start")) {
    const [first] = given
    const list = first?.type === "ArrayExpression" ? first : valueOf(first, "services")
    if (list?.type === "ArrayExpression") return { file, list }
  }
  throw new Failure("No file of this project calls start([…]) with a list of services.", {
    hint: 'Write one, main.ts: import { start } from "@archipel/server"; await start([]).',
  })
}

const contractText = (name: string): string => `import { contract } from "@archipel/core"

export const ${name} = contract("${name}", {
  roles: ["user", "manager"],
  models: {},
})
declare module "@archipel/core" {
  interface Contracts {
    ${name}: typeof ${name}
  }
}
`

const serviceText = (name: string): string => `import { service } from "@archipel/server"
import "./logic.ts"

export const ${name} = service("${name}", { logic: [] })
`
