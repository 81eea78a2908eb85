import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"

/** The source files that a program has loaded so far, or tried to; without packages. */
export interface LoadedFiles {
  readonly files: ReadonlySet<string>
}

/**
 * Begins to note which files are loaded.
 *
 * @param noted Told of each new one.
 */
export function noteLoadedFiles(noted: (file: string) => void = () => {}): LoadedFiles {
  const files = new Set<string>()
  const note = (url: string): void => {
    if (!url.startsWith("file:") || url.includes("/node_modules/")) return
    const file = fileURLToPath(url)
    if (files.has(file)) return
    files.add(file)
    noted(file)
  }
  registerHooks({
    resolve(specifier, context, next) {
      try {
        const resolved = next(specifier, context)
        note(resolved.url)
        return resolved
      } catch (error) {
        if (/^\.{1,2}\//.test(specifier) && context.parentURL) note(new URL(specifier, context.parentURL).href)
        throw error
      }
    },
  })
  return { files }
}
