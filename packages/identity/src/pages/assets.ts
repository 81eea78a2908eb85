import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"

const directory = new URL("../../assets/", import.meta.url)

/** A file of the pages, under a name that changes with its content and may therefore be kept for ever. */
export interface Asset {
  readonly path: string
  readonly type: string
  readonly body: Buffer
}

/** Where the files of the pages lie. */
export const ASSETS = "/account/assets/"

function asset(file: string, type: string, change = (text: string): string => text): Asset {
  const body = Buffer.from(change(readFileSync(new URL(file, directory), "utf8")))
  const hash = createHash("sha256").update(body).digest("base64url").slice(0, 12)
  return { path: `${ASSETS}${file.replace(".", `.${hash}.`)}`, type, body }
}

const chart = asset("chart.svg", "image/svg+xml")
const logo = asset("logo.svg", "image/svg+xml")
const style = asset("pages.css", "text/css; charset=utf-8", (text) => text.replace("chart.svg", chart.path))
const script = asset("pages.js", "text/javascript; charset=utf-8")

/** The files of the pages by what they are. Read once. */
export const assets = { chart, logo, style, script } as const

/** The same by their path. */
export const assetsByPath: ReadonlyMap<string, Asset> = new Map(Object.values(assets).map((one) => [one.path, one]))
