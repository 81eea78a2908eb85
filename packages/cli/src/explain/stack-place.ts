import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { placeOf } from "../sources/typescript-file.ts"

/** The first line of a stack that is in the project itself; else the first that is in a file at all. */
export function stackPlace(stack: string | undefined): string | undefined {
  let other: string | undefined
  for (const [, url = "", line] of (stack ?? "").matchAll(/(file:\/\/[^\s():]+(?::\d(?=\/))?[^\s():]*):(\d+)/g)) {
    const path = fileURLToPath(url)
    if (!existsSync(path)) continue
    const place = placeOf(path, Number(line))
    if (!path.startsWith(product) && !url.includes("/node_modules/")) return place
    other ??= place
  }
  return other
}

/** The packages of the product, where they lie beside the programs that use them. */
const product = fileURLToPath(new URL("../../../", import.meta.url))
