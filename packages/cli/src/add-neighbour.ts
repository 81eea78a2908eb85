import { readFileSync, writeFileSync } from "node:fs"
import { relative, resolve } from "node:path"
import { type Command, readArguments } from "./command.ts"
import { installedFolder } from "./contract/contract-packages.ts"
import { fileOfTarball } from "./contract/tarball.ts"
import { Failure, misuse } from "./failure.ts"
import { didYouMean } from "./nearest-word.ts"
import { edited, importedModule } from "./sources/edit.ts"
import { addDependencies, type Manifest, readManifest } from "./sources/manifest.ts"
import { callsOf, projectFiles, projectFolder } from "./sources/project-files.ts"
import { stringOf, type TypeScriptFile } from "./sources/typescript-file.ts"

/** `archipel add neighbour @company/crm-contract`: another project's service, by its contract. */
export const addNeighbour: Command = {
  name: "neighbour",
  usage: "archipel add neighbour PACKAGE[@RANGE] | FILE.tgz [--service NAME]",
  summary: "make another project's service known by its contract",
  help: `  Names the package of a contract in package.json and imports it in the contract of a service, which may refer to its models then.
  FILE.tgz is what \`npm pack\` made of \`archipel contract export\`.

  --service NAME  the service that gets a neighbour; may be left out where there is but one`,
  async run(args, { out }) {
    const given = readArguments(addNeighbour, args, { service: { type: "string" } }, { min: 1, max: 1 })
    const named = given.positionals[0] as string
    const project = projectFolder()
    const dependency = named.endsWith(".tgz") ? ofTarball(named, project) : ofPackage(named, project)
    const file = contractFile(project, given.text("service"))
    addDependencies(project, { [dependency.name]: dependency.range })
    writeFileSync(file.path, edited(file.text, importedModule(file, dependency.name)))
    out.write(
      `${relative(process.cwd(), file.path)} knows ${dependency.name} now.\n\n` +
        `Next: npm install${dependency.service === undefined ? "" : `, then refer to its models: one("${dependency.service}.…")`}.\n`,
    )
    return 0
  },
}

/** The source of a service's contract. */
function contractFile(project: string, service: string | undefined): TypeScriptFile {
  const found = callsOf(projectFiles(project), "contract")
  const names = found.map(({ arguments: [first] }) => stringOf(first) ?? "")
  const at = service === undefined ? 0 : names.indexOf(service)
  const call = found[at]
  if (service === undefined && found.length > 1)
    throw misuse(`Which service gets the neighbour: ${names.join(", ")}?`, "Say it with --service NAME.")
  if (call === undefined)
    throw new Failure(
      service === undefined
        ? "This project has no contract."
        : `There is no service "${service}" in this project.${didYouMean(service, names)}`,
      { hint: "Make one with `archipel add service NAME`." },
    )
  return call.file
}

interface Dependency {
  readonly name: string
  readonly range: string
  /** Whose contract it is, where the package is at hand. */
  readonly service: string | undefined
}

const serviceOf = (name: string, { archipel }: Manifest): string => {
  if (archipel?.contract !== undefined) return archipel.contract
  throw new Failure(`${name} is no contract of a service.`, {
    hint: "A contract is a package that `archipel contract export` wrote.",
  })
}

function ofTarball(path: string, project: string): Dependency {
  const file = resolve(path)
  let manifest: Manifest
  try {
    manifest = JSON.parse(fileOfTarball(readFileSync(file), "package/package.json") ?? "{}") as Manifest
  } catch (cause) {
    throw new Failure(`${path} is no tarball that could be read.`, { cause, hint: (cause as Error).message })
  }
  const service = serviceOf(path, manifest)
  const below = relative(project, file).replaceAll("\\", "/")
  return { name: manifest.name ?? "", range: `file:${below.startsWith("..") ? file : below}`, service }
}

/** From the registry, as npm would take it; what is installed already is looked at. */
function ofPackage(named: string, project: string): Dependency {
  const [, name, range] = /^((?:@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*)(?:@(.+))?$/.exec(named) ?? []
  if (name === undefined) throw misuse(`"${named}" is neither a package nor a tarball.`, `Usage: ${addNeighbour.usage}`)
  const folder = installedFolder(project, name)
  if (folder === undefined) return { name, range: range ?? "*", service: undefined }
  const manifest = readManifest(folder)
  return { name, range: range ?? `^${manifest.version}`, service: serviceOf(name, manifest) }
}
