import { createHash } from "node:crypto"
import { type FSWatcher, readFileSync, watch } from "node:fs"
import { basename, dirname, join } from "node:path"

/** Directories that are watched at most; a program with more is not a program of one person's screen. */
const MAX_DIRECTORIES = 2_000
/** Editors write a file in several steps. */
const SETTLE_MS = 30

/** Tells which of a program's source files changed: by content, so saving without a change is none. */
export interface SourceWatch {
  /** Adds files; their directories too are watched, where a missing file may appear. */
  add(files: readonly string[]): void
  close(): void
}

export function watchSources(changed: (file: string) => void): SourceWatch {
  const watchers = new Map<string, FSWatcher>()
  const contents = new Map<string, string>()
  const pending = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  const settle = (): void => {
    timer = undefined
    const files = [...pending]
    pending.clear()
    for (const file of files) {
      const content = contentOf(file)
      if (content === contents.get(file)) continue
      contents.set(file, content)
      changed(file)
      return
    }
  }
  const touched = (file: string): void => {
    if (!/\.(?:[cm]?[jt]s|json)$/.test(file) || /\.test\.[jt]s$/.test(file)) return
    // What is not loaded matters only where it was looked for in vain, and then it has no content yet.
    if (!contents.has(file)) return
    pending.add(file)
    timer ??= setTimeout(settle, SETTLE_MS)
  }
  const watchDirectory = (directory: string): void => {
    if (watchers.has(directory) || watchers.size >= MAX_DIRECTORIES) return
    try {
      const watcher = watch(directory, (_event, name) => {
        if (name !== null) touched(join(directory, basename(name)))
      })
      watcher.on("error", () => {
        watcher.close()
        watchers.delete(directory)
      })
      watchers.set(directory, watcher)
    } catch {
      // It does not exist: then what imports from it fails, and that file is watched.
    }
  }
  return {
    add(files) {
      for (const file of files) {
        if (contents.has(file)) continue
        contents.set(file, contentOf(file))
        watchDirectory(dirname(file))
      }
    },
    close() {
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}

/** A hash; of a file that is not there, nothing. */
function contentOf(file: string): string {
  try {
    return createHash("sha1").update(readFileSync(file)).digest("base64")
  } catch {
    return ""
  }
}
