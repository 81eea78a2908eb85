/**
 * The admin's files, as they were built: under "/admin/", and "/" leads there.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AdminAssets } from "@archipel/admin/assets"
import { ArchipelError } from "@archipel/core"
import type { OwnRoute } from "@archipel/server"

const BASE = "/admin"
const INDEX = "index.html"
/** Names in it have a hash of the content. */
const HASHED = "assets/"

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
}

/** Everything from this origin, nothing inline, nothing evaluated. */
const policy = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ")

const security = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const

/** A file as it is sent: whole, and as it was compressed at the build. */
interface Loaded {
  readonly etag: string
  readonly bodies: ReadonlyMap<Coding, Uint8Array>
}
type Coding = "br" | "gzip" | "identity"
const endings: readonly (readonly [Coding, string])[] = [
  ["br", ".br"],
  ["gzip", ".gz"],
  ["identity", ""],
]

const accepts = (header: string | string[] | undefined, coding: Coding): boolean =>
  String(header ?? "")
    .split(",")
    .some((each) => each.trim().split(";", 1)[0] === coding && !/;\s*q=0(?:\.0+)?\s*$/.test(each))

function only(incoming: IncomingMessage): void {
  if (incoming.method !== "GET" && incoming.method !== "HEAD")
    throw new ArchipelError("request.method_not_allowed", { allowed: ["GET", "HEAD"] })
}

/** The path without its parameters, decoded; undefined where it says nothing that could be a file's. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split("?", 1)[0] as string)
  } catch {
    return undefined
  }
}

/** Files are read when they are first asked for and kept: there are as many as were built. */
export function adminRoutes(
  { directory, files }: AdminAssets,
  options: { readonly secure: boolean },
): readonly OwnRoute[] {
  const known: ReadonlySet<string> = new Set(files)
  const loaded = new Map<string, Promise<Loaded>>()
  const headers = options.secure
    ? { ...security, "strict-transport-security": "max-age=31536000; includeSubDomains" }
    : security

  async function load(name: string): Promise<Loaded> {
    const there = endings.filter(([, ending]) => known.has(name + ending))
    const bodies = await Promise.all(
      there.map(async ([coding, ending]) => [coding, await readFile(new URL(name + ending, directory))] as const),
    )
    const whole = bodies.find(([coding]) => coding === "identity")?.[1] ?? Buffer.alloc(0)
    const etag = `"${createHash("sha256").update(whole).digest("base64url").slice(0, 22)}"`
    return { etag, bodies: new Map(bodies) }
  }
  const fileOf = (name: string): Promise<Loaded> => {
    let file = loaded.get(name)
    if (file === undefined) {
      loaded.set(name, (file = load(name)))
      file.catch(() => loaded.delete(name))
    }
    return file
  }

  async function send(incoming: IncomingMessage, outgoing: ServerResponse, name: string): Promise<void> {
    const { etag, bodies } = await fileOf(name)
    const coding = endings.find(([each]) => bodies.has(each) && accepts(incoming.headers["accept-encoding"], each))?.[0]
    const body = bodies.get(coding ?? "identity") as Uint8Array
    const isHashed = name.startsWith(HASHED)
    const about = {
      ...headers,
      "content-type": types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
      "cache-control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
      vary: "accept-encoding",
      etag,
    }
    if (incoming.headers["if-none-match"] === etag) return void outgoing.writeHead(304, about).end()
    outgoing.writeHead(200, {
      ...about,
      ...(coding === undefined || coding === "identity" ? {} : { "content-encoding": coding }),
      "content-length": body.byteLength,
    })
    outgoing.end(incoming.method === "HEAD" ? undefined : body)
  }

  const isServed = (name: string): boolean => known.has(name) && !/\.(?:gz|br)$|^\.|^manifest\.json$/.test(name)

  const toAdmin: OwnRoute = {
    prefix: "/",
    handle(incoming, outgoing) {
      only(incoming)
      const path = pathOf(incoming.url ?? "/")
      if (path !== "/") throw new ArchipelError("request.no_such_route", { path: String(path).slice(0, 200) })
      outgoing.writeHead(302, { ...headers, location: `${BASE}/`, "cache-control": "no-cache" }).end()
    },
  }
  const app: OwnRoute = {
    prefix: BASE,
    async handle(incoming, outgoing) {
      only(incoming)
      const path = pathOf(incoming.url ?? "/")
      const name = path?.slice(BASE.length + 1)
      if (name !== undefined && isServed(name)) return send(incoming, outgoing, name)
      // Every other address is one of the application's own pages, but for files of another release.
      if (name === undefined || name.startsWith(HASHED))
        throw new ArchipelError("request.no_such_route", { path: String(path).slice(0, 200) })
      await send(incoming, outgoing, INDEX)
    },
  }
  return known.has(INDEX) ? [app, toAdmin] : []
}
