/** What a browser loads before it shows a list, as it was built. */
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { adminAssets } from "@archipel/admin/assets"
import { expect, test } from "vitest"

interface Chunk {
  readonly file: string
  readonly css?: readonly string[]
  readonly imports?: readonly string[]
}

const { directory } = adminAssets()
const manifest = JSON.parse(readFileSync(new URL("manifest.json", directory), "utf8")) as Readonly<
  Record<string, Chunk>
>

/** A chunk with all that it imports, without what it may load later. */
function withImports(key: string, known = new Set<string>()): ReadonlySet<string> {
  if (known.has(key)) return known
  known.add(key)
  for (const each of manifest[key]?.imports ?? []) withImports(each, known)
  return known
}

const gzippedKb = (files: Iterable<string>): number =>
  [...new Set(files)].reduce(
    (sum, file) => sum + gzipSync(readFileSync(new URL(file, directory)), { level: 9 }).byteLength,
    0,
  ) / 1_000

test("the first list needs at most 200 KB of scripts and 40 KB of styles", () => {
  const chunks = [...withImports("index.html"), ...withImports("src/list/list-view.tsx")].map(
    (key) => manifest[key] as Chunk,
  )
  const scripts = gzippedKb(chunks.map(({ file }) => file))
  const styles = gzippedKb(chunks.flatMap(({ css = [] }) => css))
  console.log(`first list: ${scripts.toFixed(1)} KB of scripts, ${styles.toFixed(1)} KB of styles, gzipped`)
  expect(scripts).toBeLessThanOrEqual(200)
  expect(styles).toBeLessThanOrEqual(40)
})

test("each part that is loaded later has at most 60 KB", () => {
  const first = withImports("index.html")
  const later = Object.entries(manifest).filter(([key, { file }]) => file.endsWith(".js") && !first.has(key))
  const large = later.map(([key, { file }]) => [key, gzippedKb([file])] as const).filter(([, kb]) => kb > 60)
  expect(large).toEqual([])
})
