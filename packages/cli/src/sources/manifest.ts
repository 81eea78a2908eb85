import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** What commands read of a package.json. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  /** Of a package that `archipel contract export` wrote: whose contract it is. */
  readonly archipel?: { readonly contract?: string }
}

/** The package.json of a directory. */
export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

/** The nearest directory with a package.json, from a file or directory upwards; undefined where there is none. */
export function packageFolder(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder
    if (folder === dirname(folder)) return undefined
  }
}

/** Adds dependencies to a package.json, sorted as npm does; what is there already stays. */
export function addDependencies(folder: string, added: Readonly<Record<string, string>>): void {
  const manifest = readManifest(folder)
  const dependencies = { ...added, ...manifest.dependencies }
  const sorted = Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...manifest, dependencies: sorted }, null, 2)}\n`)
}
