import { readFileSync, statSync } from "node:fs"
import { settings } from "./settings.ts"
import type { Setting } from "./setting.ts"

export type Environment = Readonly<Record<string, string | undefined>>

/** An environment as a program goes by it. */
export interface ReadSettings {
  /** With the secrets that were given as files; nothing else is changed. */
  readonly env: Environment
  /** What is wrong with it, a sentence each: all of it at once, and no secret's value in it. */
  readonly mistakes: readonly string[]
}

/** A secret is short; what is longer is another file. */
const MAX_BYTES = 100_000

/** What a variable's name says, if it is a setting; a service's name stands for `<SERVICE>`. */
const settingOf = (name: string): Setting | undefined =>
  settings.find((setting) => setting.name === name) ??
  settings.find(
    (setting) => setting.name.endsWith("<SERVICE>") && name.startsWith(setting.name.slice(0, -"<SERVICE>".length)),
  )

const FILE = "_FILE"

/**
 * Looks at every setting that is set: its form, and of a secret `NAME` also the file that `NAME_FILE` names, whose text without the
 * line's end is its value. Empty is as if it were not set.
 */
export function readSettings(given: Environment): ReadSettings {
  const env: Record<string, string | undefined> = { ...given }
  const mistakes: string[] = []
  const files = new Set<string>()
  for (const [name, path] of Object.entries(given)) {
    const target = name.slice(0, -FILE.length)
    if (!name.endsWith(FILE) || settingOf(target)?.secret !== true) continue
    files.add(name)
    if (!path) continue
    if (given[target]) mistakes.push(`${target} and ${name} are both set: one of them says it.`)
    try {
      if (statSync(path).size > MAX_BYTES) mistakes.push(`${name} names a file of more than ${MAX_BYTES} bytes.`)
      else env[target] = readFileSync(path, "utf8").replace(/\r?\n$/, "")
    } catch (error) {
      mistakes.push(`${name} names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`)
    }
  }
  for (const [name, value] of Object.entries(env)) {
    if (!value || files.has(name)) continue
    const setting = settingOf(name)
    const mistake = setting?.form.mistake(value)
    if (mistake === undefined) continue
    mistakes.push(setting?.secret ? `${name} ${mistake}.` : `${name} is "${value}", but ${mistake}.`)
  }
  return { env, mistakes }
}
