/**
 * Files that only their owner reads, and that others see whole or not at all, however many processes write them at once.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname } from "node:path"

async function written(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomBytes(6).toString("hex")}.new`
  await writeFile(temporary, text, { mode: 0o600, flag: "wx" })
  return temporary
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** Undefined where there is none. */
export async function readPrivate(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined
    throw error
  }
}

export async function replacePrivate(path: string, text: string): Promise<void> {
  const temporary = await written(path, text)
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** What the file holds: `make`'s text, unless it was there already or another process was faster. */
export async function readOrMake(path: string, make: () => Promise<string>): Promise<string> {
  const known = await readPrivate(path)
  if (known !== undefined) return known
  const text = await make()
  const temporary = await written(path, text)
  try {
    // Unlike a renaming, this fails where the file exists.
    await link(temporary, path)
    return text
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error
    return readFile(path, "utf8")
  } finally {
    await rm(temporary, { force: true })
  }
}
