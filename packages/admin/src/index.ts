/**
 * Where the built admin is, for whoever serves it. Nothing of the application itself is imported into Node.
 *
 * @module
 */
import { readdirSync } from "node:fs"
import { relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

/** The built application: static files under one directory. */
export interface AdminAssets {
  /** File URL, with a trailing slash. */
  readonly directory: URL
  /** Paths below it, with "/": `index.html`, `assets/main-Bx3f.js`. Those in `assets/` have a hash of their content in their name. */
  readonly files: readonly string[]
}

/** The files of the application; none where it has not been built. */
export function adminAssets(): AdminAssets {
  // The same from `src` and from `dist`.
  const directory = new URL("../dist/app/", import.meta.url)
  const root = fileURLToPath(directory)
  try {
    const files = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, `${entry.parentPath}${sep}${entry.name}`).split(sep).join("/"))
    return { directory, files: files.sort() }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { directory, files: [] }
    throw error
  }
}
