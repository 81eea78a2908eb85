import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { placeOf } from "../sources/typescript-file.ts"

/** The first line of a stack that is in the project itself, not in a package or in Node. */
export function stackPlace(stack: string | undefined): string | undefined {
  for (const [, url, line] of (stack ?? "").matchAll(/(file:\/\/[^\s():]+(?::\d(?=\/))?[^\s():]*):(\d+)/g)) {
    if (url === undefined || url.includes("/node_modules/")) continue
    const path = fileURLToPath(url)
    if (isOwn(path)) return existsSync(path) ? placeOf(path, Number(line)) : undefined
  }
  return undefined
}

/** The packages of the product, where they lie beside the programs that use them. */
const product = fileURLToPath(new URL("../../../", import.meta.url))
const isOwn = (path: string): boolean => !path.startsWith(product)
