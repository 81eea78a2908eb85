import { gunzipSync } from "node:zlib"

const BLOCK = 512
/** A contract is small; what unpacks to more is not read. */
const MAX_BYTES = 50_000_000

const textAt = (bytes: Buffer, start: number, length: number): string =>
  bytes.toString("utf8", start, start + length).replace(/\0.*$/s, "")

/**
 * The text of one file of a tarball as `npm pack` makes it (ustar, POSIX.1-1988); undefined if it has none.
 *
 * @throws RangeError for one that unpacks to more than 50 MB, and what zlib says of one that is no gzip
 */
export function fileOfTarball(tarball: Buffer, path: string): string | undefined {
  const bytes = gunzipSync(tarball, { maxOutputLength: MAX_BYTES })
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const name = textAt(bytes, at, 100)
    if (name === "") return undefined
    const sizeBytes = Number.parseInt(textAt(bytes, at + 124, 12), 8)
    if (!(sizeBytes >= 0)) return undefined
    const start = at + BLOCK
    if (name === path) return bytes.toString("utf8", start, start + sizeBytes)
    at = start + Math.ceil(sizeBytes / BLOCK) * BLOCK
  }
  return undefined
}
