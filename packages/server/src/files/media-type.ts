const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to))

/** How many first bytes of a file `pictureType` looks at. */
export const SNIFFED_BYTES = 32

/** The media type of a picture by its first bytes; undefined for everything else. */
export function pictureType(first: Uint8Array): string | undefined {
  if (ascii(first, 0, 8) === "\x89PNG\r\n\x1a\n") return "image/png"
  if (first[0] === 0xff && first[1] === 0xd8 && first[2] === 0xff) return "image/jpeg"
  if (/^GIF8[79]a$/.test(ascii(first, 0, 6))) return "image/gif"
  if (ascii(first, 0, 4) === "RIFF" && ascii(first, 8, 12) === "WEBP") return "image/webp"
  if (ascii(first, 4, 8) === "ftyp" && /avi[fs]/.test(ascii(first, 8, 32))) return "image/avif"
  return undefined
}

const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"])
export const isPicture = (type: string): boolean => pictures.has(type)

/** The media type to keep: what the bytes say if they are a picture, else what the sender says unless that claims to be one. */
export function storedType(declared: string, first: Uint8Array): string {
  const picture = pictureType(first)
  if (picture !== undefined) return picture
  const type = declared.split(";", 1)[0]?.trim().toLowerCase() ?? ""
  const valid = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/.test(type)
  return valid && !pictures.has(type) ? type : "application/octet-stream"
}
