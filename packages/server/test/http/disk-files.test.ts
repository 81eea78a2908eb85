import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { diskFiles, safeName } from "../../src/files/disk-files.ts"
import { pictureType, storedType } from "../../src/files/media-type.ts"

const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "archipel-files-"))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function* chunks(...parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts
}
const textOf = async (stream: ReadableStream<Uint8Array> | null) => (stream ? new Response(stream).text() : null)

describe("files on disk", () => {
  test("what was stored is found by another process of the same directory, whole and in parts", async () => {
    const stored = await diskFiles(directory).put(
      chunks(Buffer.from("hello "), Buffer.from("world")),
      { name: "../../etc/greeting.txt", type: "text/plain; charset=utf-8" },
      100,
    )
    expect(stored).toEqual({ id: expect.any(String), name: "greeting.txt", type: "text/plain", sizeBytes: 11 })
    const other = diskFiles(directory)
    expect(await other.take(stored.id)).toEqual(stored)
    expect(await textOf(await other.read(stored.id))).toBe("hello world")
    expect(await textOf(await other.read(stored.id, { start: 6, end: 8 }))).toBe("wor")
  })

  test("too much is refused, and a broken stream leaves nothing", async () => {
    const own = join(directory, "broken")
    const files = diskFiles(own)
    await expect(files.put(chunks(png, png), { name: "a", type: "image/png" }, 20)).rejects.toMatchObject({
      code: "request.too_large",
    })
    async function* breaking(): AsyncIterable<Uint8Array> {
      yield png
      throw new Error("connection lost")
    }
    await expect(files.put(breaking(), { name: "a", type: "image/png" }, 100)).rejects.toThrow("connection lost")
    const left = (await readdir(own, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    expect(left).toEqual([])
  })

  test("a file that nobody took within 24 hours can no longer be taken, and goes; one that was taken stays", async () => {
    const own = join(directory, "untaken")
    let hours = 0
    const files = diskFiles(own, () => new Date(Date.now() + hours * 3_600_000))
    const put = () => files.put(chunks(png), { name: "a.png", type: "image/png" }, 100)
    const [taken, late, fresh] = [await put(), await put(), await put()]
    hours = 23
    expect(await files.take(taken.id)).toEqual(taken)
    expect(await files.purge(10)).toBe(0)
    hours = 24.5
    expect(await files.take(late.id)).toBeNull()
    expect(await files.purge(10)).toBe(0)
    hours = 26
    expect(await files.purge(1)).toBe(1)
    expect(await files.purge(10)).toBe(1)
    expect(await files.purge(10)).toBe(0)
    expect([await files.read(late.id), await files.read(fresh.id)]).toEqual([null, null])
    expect(await files.take(taken.id)).toEqual(taken)
    await (await files.read(taken.id))?.cancel()
  })

  test.each(["../../etc/passwd", "", "x", "00000000-0000-4000-8000-000000000000", "ab/cd", "\0"])(
    "there is no file %j",
    async (id) => {
      expect(await diskFiles(directory).take(id)).toBeNull()
      expect(await diskFiles(directory).read(id)).toBeNull()
    },
  )

  test("pictures are what their bytes say", () => {
    expect(pictureType(png)).toBe("image/png")
    expect(storedType("text/html", png)).toBe("image/png")
    expect(storedType("image/png", Buffer.from("<svg onload=alert(1)>"))).toBe("application/octet-stream")
    expect(storedType("text/html\r\nx: y", Buffer.from("x"))).toBe("application/octet-stream")
    expect(storedType("application/pdf", Buffer.from("%PDF"))).toBe("application/pdf")
  })

  test.each([
    ["a/b\\c.txt", "c.txt"],
    ["..", "file"],
    ["\u202egpj.exe", "gpj.exe"],
    ["a\r\nb", "ab"],
    ["", "file"],
  ])("the name %j is kept as %j", (given, kept) => {
    expect(safeName(given)).toBe(kept)
  })
})
