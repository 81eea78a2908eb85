import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { kebabCase } from "@archipel/core"
import { Failure } from "../failure.ts"
import { packageFolder, readManifest } from "../sources/manifest.ts"
import { callsOf, projectFiles } from "../sources/project-files.ts"

/** What of a project's package.json decides how its contracts are published. */
export interface OwnPackage {
  /** Of the contract's package: "@company/crm-contract". */
  readonly name: string
  readonly version: string
  /** The directory of the contract's source. */
  readonly folder: string
}

/** "company" and "@company/erp" → "@company". */
const scopeOf = (project: string): string =>
  project.startsWith("@") ? (project.split("/")[0] as string) : `@${project}`

/**
 * How a service's contract is published: named by the package that its source lies in, with that one's version, or
 * `ARCHIPEL_VERSION`, which CI may set.
 *
 * @returns undefined where the contract is no source of this project
 */
export function ownPackage(project: string, service: string): OwnPackage | undefined {
  const [found] = callsOf(projectFiles(project), "contract", service)
  if (!found) return undefined
  const folder = dirname(found.file.path)
  const { name = "", version } = readManifest(packageFolder(folder) ?? project)
  const released = process.env["ARCHIPEL_VERSION"] || version
  if (released === undefined)
    throw new Failure(`There is no version to export ${service} with.`, {
      hint: 'Give package.json a "version", or set ARCHIPEL_VERSION.',
    })
  return { name: `${scopeOf(name)}/${kebabCase(service)}-contract`, version: released, folder }
}

/** A package of another service's contract, as it is installed. */
export interface InstalledContract {
  readonly package: string
  readonly version: string
  readonly service: string
  readonly folder: string
}

/** The contracts that a project has as packages, by service. */
export function installedContracts(project: string): ReadonlyMap<string, InstalledContract> {
  const { dependencies, devDependencies } = readManifest(project)
  const found = new Map<string, InstalledContract>()
  for (const name of Object.keys({ ...devDependencies, ...dependencies })) {
    const folder = installedFolder(project, name)
    if (folder === undefined) continue
    const { archipel, version = "0.0.0" } = readManifest(folder)
    if (archipel?.contract !== undefined)
      found.set(archipel.contract, { package: name, version, service: archipel.contract, folder })
  }
  return found
}

/** Where Node would find a package of a project. */
export function installedFolder(project: string, name: string): string | undefined {
  for (let folder = project; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name)
    if (existsSync(join(candidate, "package.json"))) return candidate
    if (folder === dirname(folder)) return undefined
  }
}
