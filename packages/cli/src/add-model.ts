import { writeFileSync } from "node:fs"
import { dirname, relative } from "node:path"
import { collectionName } from "@archipel/core"
import { type Command, readArguments } from "./command.ts"
import { Failure, misuse } from "./failure.ts"
import { fieldHelp, type FieldText, readField } from "./field-words.ts"
import { didYouMean } from "./nearest-word.ts"
import { appended, declares, type Edit, edited, imported } from "./sources/edit.ts"
import { callsOf, type FoundCall, projectFiles, projectFolder } from "./sources/project-files.ts"
import {
  lineAt,
  placeOf,
  propertyOf,
  readTypeScript,
  stringOf,
  type SyntaxNode,
  type TypeScriptFile,
  valueOf,
} from "./sources/typescript-file.ts"

/** `archipel add model sales.Order number:text`: into the contract, with a grant so that it starts, and into the service. */
export const addModel: Command = {
  name: "model",
  usage: "archipel add model SERVICE.Model [field:type …]",
  summary: "add a model",
  help: `  Adds the model to the service's contract, grants it to the service's first role (lines follow their parent's grants),
  and adds its logic to the service.

${fieldHelp}`,
  async run(args, { out }) {
    const given = readArguments(addModel, args, {}, { min: 1, max: 200 })
    const [fullName = "", ...words] = given.positionals
    const [, service, model] = /^([a-z][A-Za-z0-9]*)\.([A-Z][A-Za-z0-9]*)$/.exec(fullName) ?? []
    if (service === undefined || model === undefined)
      throw misuse(`"${fullName}" is no name of a model.`, "Write SERVICE.Model, for example sales.Order.")
    const fields = words.map(readField)
    const twice = fields.find(({ name }, i) => fields.findIndex((other) => other.name === name) < i)
    if (twice) throw misuse(`The field "${twice.name}" is there twice.`)
    const files = projectFiles(projectFolder())
    const contract = contractOf(files, service)
    const changes = new Changes()
    changes.add(contract.file, contractEdits(contract, service, model, fields))
    const parent = fields.find((field) => field.parent !== undefined)
    let logicFile: TypeScriptFile | undefined
    if (parent === undefined) logicFile = addLogic(changes, files, contract, service, model)
    const written = changes.write()
    const near = (path: string): string => relative(process.cwd(), path)
    const address = `/api/${service}/${collectionName(model)}`
    out.write(
      `Added ${fullName} to ${written.map(near).join(", ")}.\n` +
        (parent
          ? `Its records are lines of ${parent.parent}: they are written with it, under its grants.\n`
          : `It will be at ${address}.\n`) +
        `\nNext: ${
          logicFile
            ? `say in ${near(logicFile.path)} who may do what; now everybody with the role ${service}.${firstRole(contract)} may everything.`
            : `run it with \`npm start\`; \`npx archipel routes\` lists the addresses.`
        }\n`,
    )
    return 0
  },
}

/** Edits by file, applied together when all of them are known to be possible. */
class Changes {
  readonly #edits = new Map<string, { file: TypeScriptFile; edits: Edit[] }>()

  add(file: TypeScriptFile, edits: readonly Edit[]): void {
    const known = this.#edits.get(file.path)
    if (known) known.edits.push(...edits)
    else this.#edits.set(file.path, { file, edits: [...edits] })
  }

  write(): readonly string[] {
    for (const { file, edits } of this.#edits.values()) writeFileSync(file.path, edited(file.text, edits))
    return [...this.#edits.keys()]
  }
}

function contractOf(files: readonly string[], service: string): FoundCall {
  const all = callsOf(files, "contract")
  const found = all.find(({ arguments: [name] }) => stringOf(name) === service)
  if (found) return found
  const known = all.map(({ arguments: [name] }) => stringOf(name) ?? "")
  throw new Failure(`There is no service "${service}" in this project.${didYouMean(service, known)}`, {
    hint: `Make it with \`archipel add service ${service}\`.`,
  })
}

function firstRole({ arguments: [, parts] }: FoundCall): string {
  const [role] = (valueOf(parts, "roles")?.["elements"] as readonly SyntaxNode[] | undefined) ?? []
  return stringOf(role) ?? "user"
}

function contractEdits(found: FoundCall, service: string, model: string, fields: readonly FieldText[]): Edit[] {
  const { file, call, arguments: given } = found
  const models = valueOf(given[1], "models")
  if (models?.type !== "ObjectExpression")
    throw new Failure("The models of this contract are not written as { … } in it.", {
      place: placeOf(file.path, lineAt(file.text, call.start)),
      hint: "Add the model by hand, or write them there.",
    })
  const there = propertyOf(models, model)
  if (there)
    throw new Failure(`The model ${service}.${model} exists already.`, {
      place: placeOf(file.path, lineAt(file.text, there.start)),
      hint: "Add fields to it there.",
    })
  const members = fields.map(({ name, code }) => `${name}: ${code}`)
  const oneLine = `${model}: model({ ${members.join(", ")} })`
  const isShort = members.length <= 2 && oneLine.length < 100
  const text =
    members.length === 0
      ? `${model}: model({})`
      : isShort
        ? oneLine
        : `${model}: model({\n${members.map((member) => `  ${member},\n`).join("")}})`
  const edits = [appended(file, models, text, true)]
  const builders = ["model", ...fields.map(({ builder }) => builder)]
  const parent = fields.find((field) => field.parent !== undefined)
  if (parent) {
    edits.push(...listEdits(found, models, `${service}.${model}`, parent))
    builders.push("many")
  }
  return [...edits, ...imported(file, "@archipel/core", builders)]
}

/** The parent's list of its lines. */
function listEdits(found: FoundCall, models: SyntaxNode, line: string, field: FieldText): Edit[] {
  const { file, call } = found
  const [service, parentName = ""] = (field.parent as string).split(".")
  const parent = valueOf(models, parentName)
  const members = (parent?.["arguments"] as readonly SyntaxNode[] | undefined)?.[0]
  if (!line.startsWith(`${service}.`) || members?.type !== "ObjectExpression")
    throw new Failure(`${field.parent} is no model of this contract, so it cannot own ${line}.`, {
      place: placeOf(file.path, lineAt(file.text, call.start)),
      hint: "Lines belong to the same service as their parent: add the parent first.",
    })
  const short = (line.split(".")[1] as string).replace(new RegExp(`^${parentName}(?=[A-Z])`), "")
  const name = collectionName(short).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  if (propertyOf(members, name))
    throw new Failure(`${field.parent} has a field "${name}" already, the name that the list of lines would get.`, {
      place: placeOf(file.path, lineAt(file.text, members.start)),
      hint: "Name the model otherwise, or add it by hand.",
    })
  return [appended(file, members, `${name}: many("${line}", "${field.name}").owned()`, true)]
}

/** A grant to everybody of the service, without which it would not start, and the logic's place in the service. */
function addLogic(
  changes: Changes,
  files: readonly string[],
  contract: FoundCall,
  service: string,
  model: string,
): TypeScriptFile {
  const [registered] = callsOf(files, "service", service)
  const list = valueOf(registered?.arguments[1], "logic")
  if (registered === undefined || list?.type !== "ArrayExpression")
    throw new Failure(`No file of this project calls service("${service}", { logic: […] }).`, {
      hint: "Write service.ts first, as `archipel add service` does.",
    })
  const folder = dirname(contract.file.path)
  const others = callsOf(files, "logic").filter(({ arguments: [name] }) => stringOf(name)?.startsWith(`${service}.`))
  const path =
    others.at(-1)?.file.path ??
    files.find((each) => dirname(each) === folder && each.endsWith("logic.ts")) ??
    registered.file.path
  const file = path === contract.file.path ? contract.file : readTypeScript(path)
  const target = path === registered.file.path ? registered.file : file
  let name = model[0]?.toLowerCase() + model.slice(1)
  if (declares(target, name) || declares(registered.file, name)) name += "Logic"
  const declaration = `${path === registered.file.path ? "" : "export "}const ${name} = logic("${service}.${model}").grant("${service}.${firstRole(contract)}", "all", "all")\n`
  const at = insertionPoint(target, registered)
  changes.add(target, [
    { start: at, end: at, text: at === target.text.length ? `\n${declaration}` : `${declaration}\n` },
    ...imported(target, "@archipel/core", ["logic"]),
  ])
  changes.add(registered.file, [appended(registered.file, list, name)])
  if (path !== registered.file.path) {
    let module = relative(dirname(registered.file.path), path).replaceAll("\\", "/")
    if (!module.startsWith(".")) module = `./${module}`
    changes.add(registered.file, importLogic(registered.file, module, name))
  }
  return target
}

/** Where the service is put together in the same file, logic stands before that; otherwise at the end. */
function insertionPoint(file: TypeScriptFile, registered: FoundCall): number {
  if (file.path !== registered.file.path) return file.text.length
  const statement = (file.program["body"] as readonly SyntaxNode[]).find(
    ({ start, end }) => start <= registered.call.start && registered.call.end <= end,
  )
  return statement?.start ?? file.text.length
}

/** `import "./logic.ts"` becomes `import { order } from "./logic.ts"`. */
function importLogic(file: TypeScriptFile, module: string, name: string): Edit[] {
  const bare = (file.program["body"] as readonly SyntaxNode[]).find(
    (node) =>
      node.type === "ImportDeclaration" &&
      stringOf(node["source"]) === module &&
      (node["specifiers"] as readonly SyntaxNode[]).length === 0,
  )
  return bare
    ? [{ start: bare.start, end: bare.end, text: `import { ${name} } from "${module}"` }]
    : imported(file, module, [name])
}
