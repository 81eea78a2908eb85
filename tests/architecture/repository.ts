import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import type { Manifest } from "./import-rules.ts"
import { readSource, type SourceFile } from "./source-file.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

export interface PackageFolder {
  /** `packages/core` */
  readonly folder: string
  readonly manifest: Manifest
  readonly sources: readonly SourceFile[]
  /** Paths of all its files, relative to its folder. */
  readonly files: ReadonlySet<string>
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest
}

export function readPackages(): readonly PackageFolder[] {
  return readdirSync(join(root, "packages"))
    .filter((name) => existsSync(join(root, "packages", name, "package.json")))
    .map((name) => {
      const folder = `packages/${name}`
      const paths = listFiles(folder)
      return {
        folder,
        manifest: readManifest(folder),
        sources: readSources(paths.filter((path) => /^packages\/[^/]+\/(src|test)\//.test(path))),
        files: new Set(paths.map((path) => path.slice(folder.length + 1))),
      }
    })
}

/** The manifest of the workspace that a file belongs to: the nearest one above it. */
export function manifestOf(path: string): Manifest {
  const folder = path.slice(0, Math.max(path.lastIndexOf("/"), 0))
  return folder === "" || hasFile(`${folder}/package.json`) ? readManifest(folder || ".") : manifestOf(folder)
}

/** The TypeScript sources under a folder, which may be absent. */
export function readFolder(folder: string): readonly SourceFile[] {
  return readSources(listFiles(folder))
}

export function hasFile(path: string): boolean {
  return existsSync(join(root, path))
}

function readSources(paths: readonly string[]): readonly SourceFile[] {
  return paths
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => readSource(path, readFileSync(join(root, path), "utf8")))
}

function listFiles(folder: string): readonly string[] {
  const top = join(root, folder)
  if (!existsSync(top)) return []
  return readdirSync(top, { withFileTypes: true }).flatMap((entry) => {
    const path = relative(root, join(top, entry.name)).split(sep).join("/")
    if (entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".")) return []
    return entry.isDirectory() ? listFiles(path) : [path]
  })
}
