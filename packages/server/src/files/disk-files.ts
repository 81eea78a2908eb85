import { randomUUID } from "node:crypto"
import { createReadStream } from "node:fs"
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Readable } from "node:stream"
import { ArchipelError, type FileReference } from "@archipel/core"
import type { ByteRange, FileHead, FileStore } from "./file-store.ts"
import { SNIFFED_BYTES, storedType } from "./media-type.ts"

const validId = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** A name without directories, control characters and what changes the direction of text. */
export function safeName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ""
  const clean = last
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .trim()
    .slice(0, 255)
    .toWellFormed()
  return clean === "" || clean === "." || clean === ".." ? "file" : clean
}

async function writeAll(handle: FileHandle, content: AsyncIterable<Uint8Array>, maxBytes: number) {
  let sizeBytes = 0
  let first: Uint8Array = new Uint8Array()
  for await (const chunk of content) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBytes) throw new ArchipelError("request.too_large", { limitBytes: maxBytes })
    if (first.byteLength < SNIFFED_BYTES) first = Buffer.concat([first, chunk]).subarray(0, SNIFFED_BYTES)
    // `write` may take less than it was given; `writeFile` on a handle writes on from where it is, and all.
    await handle.writeFile(chunk)
  }
  await handle.sync()
  return { sizeBytes, first }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const UNTAKEN_MS = 24 * 60 * 60_000
/** Between the last moment to take a file and its end: who took it then has long written its record. */
const MARGIN_MS = 60 * 60_000

/** Milliseconds of the last change; undefined if there is no such file. */
async function changedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
    throw error
  }
}

/**
 * Files in a directory of this machine, or of a network that all processes share: `ab/{id}` for the bytes,
 * `ab/{id}.json` for what is known of them, written last, and an empty `untaken/{id}` until a change names it. A crash leaves at most
 * what `purge` finds a day later.
 *
 * @param now Default: the machine's clock, which also dates the files.
 */
export function diskFiles(directory: string, now: () => Date = () => new Date()): FileStore {
  const incoming = join(directory, "incoming")
  const untaken = join(directory, "untaken")
  const untakenOf = (id: string) => join(untaken, id)
  const folderOf = (id: string) => join(directory, id.slice(0, 2))
  const bytesOf = (id: string) => join(folderOf(id), id)
  const aboutOf = (id: string) => `${bytesOf(id)}.json`

  const find = async (id: string): Promise<FileReference | null> => {
    if (!validId.test(id)) return null
    try {
      return JSON.parse(await readFile(aboutOf(id), "utf8")) as FileReference
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null
      throw error
    }
  }

  const ageOf = async (path: string): Promise<number | undefined> => {
    const changed = await changedAt(path)
    return changed === undefined ? undefined : now().getTime() - changed
  }

  return {
    async take(id: string) {
      const file = await find(id)
      if (file === null) return null
      const age = await ageOf(untakenOf(id))
      if (age === undefined) return file
      if (age >= UNTAKEN_MS) return null
      await rm(untakenOf(id), { force: true })
      // Else a crash could bring the mark back, and the file of a record would go.
      await syncDirectory(untaken)
      return file
    },
    async purge(limit: number) {
      const isOver = async (path: string) => ((await ageOf(path)) ?? 0) >= UNTAKEN_MS + MARGIN_MS
      let gone = 0
      for (const id of await namesIn(untaken)) {
        if (gone >= limit) return gone
        if (!(await isOver(untakenOf(id)))) continue
        for (const path of [aboutOf(id), bytesOf(id), untakenOf(id)]) await rm(path, { force: true })
        gone++
      }
      for (const name of await namesIn(incoming)) {
        if (gone >= limit) return gone
        if (!(await isOver(join(incoming, name)))) continue
        await rm(join(incoming, name), { force: true })
        gone++
      }
      return gone
    },
    async put(content: AsyncIterable<Uint8Array>, head: FileHead, maxBytes: number) {
      const id = randomUUID()
      const temporary = join(incoming, id)
      await mkdir(incoming, { recursive: true })
      await mkdir(untaken, { recursive: true })
      await mkdir(folderOf(id), { recursive: true })
      try {
        const handle = await open(temporary, "wx", 0o600)
        let written: Awaited<ReturnType<typeof writeAll>>
        try {
          written = await writeAll(handle, content, maxBytes)
        } finally {
          await handle.close()
        }
        const type = storedType(head.type, written.first)
        const file: FileReference = { id, name: safeName(head.name), type, sizeBytes: written.sizeBytes }
        await writeFile(untakenOf(id), "", { flag: "wx", mode: 0o600, flush: true })
        await rename(temporary, bytesOf(id))
        await writeFile(`${temporary}.json`, JSON.stringify(file), { flag: "wx", mode: 0o600, flush: true })
        await rename(`${temporary}.json`, aboutOf(id))
        await syncDirectory(folderOf(id))
        return file
      } catch (error) {
        await Promise.all(
          [temporary, `${temporary}.json`, bytesOf(id), untakenOf(id)].map((path) => rm(path, { force: true })),
        )
        throw error
      }
    },
    async read(id: string, range?: ByteRange) {
      if (!validId.test(id)) return null
      if ((await changedAt(bytesOf(id))) === undefined) return null
      return Readable.toWeb(createReadStream(bytesOf(id), range)) as ReadableStream<Uint8Array>
    },
  }
}
