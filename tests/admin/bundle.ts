/**
 * What the admin was built to, by the chunks that load one another.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { adminAssets } from "@archipel/admin/assets"

interface Chunk {
  readonly name?: string
  readonly file: string
  readonly css?: readonly string[]
  readonly imports?: readonly string[]
}

export interface BundleSizes {
  /** Kilobytes of scripts and of styles that a browser loads before it shows a list, gzipped. */
  readonly firstList: { readonly scripts: number; readonly styles: number }
  /** Each script that is loaded later, in kilobytes, gzipped. */
  readonly later: readonly { readonly chunk: string; readonly kb: number }[]
}

export function bundleSizes(): BundleSizes {
  const { directory } = adminAssets()
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", directory), "utf8")) as Readonly<
    Record<string, Chunk>
  >
  /** A chunk with all that it imports, without what it may load later. */
  const withImports = (key: string, known = new Set<string>()): ReadonlySet<string> => {
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
  const page = readFileSync(new URL("index.html", directory), "utf8")
  const start = new Set<string>()
  for (const [key, { file }] of Object.entries(manifest)) {
    if (page.includes(`<script type="module" crossorigin src="/admin/${file}">`)) withImports(key, start)
  }
  const listKey = Object.keys(manifest).find((key) => manifest[key]?.name === "list")
  if (listKey === undefined) throw new Error("No chunk is called list, as vite.config.ts calls that of lists.")
  const list = [...start, ...withImports(listKey)].map((key) => manifest[key] as Chunk)
  const later = Object.entries(manifest).filter(([key, { file }]) => file.endsWith(".js") && !start.has(key))
  return {
    firstList: {
      scripts: gzippedKb(list.map(({ file }) => file)),
      styles: gzippedKb(list.flatMap(({ css = [] }) => css)),
    },
    later: later.map(([chunk, { file }]) => ({ chunk, kb: gzippedKb([file]) })),
  }
}
