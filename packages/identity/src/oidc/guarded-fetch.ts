/**
 * Requests of this program to addresses that others chose. Nothing special-use is ever connected to: the address that a name
 * resolves to is checked in the moment of connecting, so that it cannot change in between.
 *
 * @module
 */
import { lookup as resolve } from "node:dns"
import { type RequestOptions, request as requestHttp } from "node:http"
import { request as requestHttps } from "node:https"
import { BlockList, isIP, type LookupFunction } from "node:net"

/** IANA's registries of special-purpose addresses, multicast, and what carries an IPv4 address in an IPv6 one. */
const special4 = new BlockList()
/** A list of its own: in one with both, an IPv4 address is also its mapped IPv6 one. */
const special6 = new BlockList()
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  special4.addSubnet(network, bits, "ipv4")
for (const [network, bits] of [
  ["::", 96],
  ["::ffff:0:0", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const)
  special6.addSubnet(network, bits, "ipv6")

/** Whether an address is one that nobody on the Internet can mean: loopback, private, link-local, reserved, or one of these in disguise. */
export function isSpecialAddress(address: string): boolean {
  const plain = address.split("%")[0] as string
  switch (isIP(plain)) {
    case 4:
      return special4.check(plain, "ipv4")
    case 6:
      return special6.check(plain, "ipv6")
    default:
      return true
  }
}

const refused = (): Error => new Error("The address is not one of the Internet.")

const guardedLookup: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, "", 4)
    if (addresses.length === 0 || addresses.some(({ address }) => isSpecialAddress(address)))
      return done(refused() as NodeJS.ErrnoException, "", 4)
    const [first] = addresses
    if (options.all === true) done(null, addresses)
    else done(null, first?.address ?? "", first?.family ?? 4)
  })
}

export interface OutgoingOptions {
  /** Origins of this program's own parts, which may be anywhere: "http://127.0.0.1:3000". */
  readonly isTrusted: (origin: string) => boolean | Promise<boolean>
  /** For everything together. Default 5 s. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 5_000
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * `fetch` for addresses that others chose: http and https only, no redirects, no more than 64 KiB of an answer, and to
 * special-use addresses only where the origin is trusted.
 *
 * @throws Error for an address that is not allowed, an answer that is too large or too late, and whatever connecting fails with
 */
export function guardedFetch({ isTrusted, deadlineMs = DEADLINE_MS }: OutgoingOptions): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const send = url.protocol === "https:" ? requestHttps : url.protocol === "http:" ? requestHttp : undefined
    if (send === undefined || url.username !== "" || url.password !== "") throw refused()
    const trusted = await isTrusted(url.origin)
    const host = url.hostname.replace(/^\[|\]$/g, "")
    if (!trusted && isIP(host) !== 0 && isSpecialAddress(host)) throw refused()
    const body = Buffer.from(await new Response(init.body ?? null).arrayBuffer())
    const headers = new Headers(init.headers)
    headers.set("content-length", String(body.length))
    const options: RequestOptions = {
      method: init.method ?? "GET",
      headers: Object.fromEntries(headers),
      agent: false,
      signal: AbortSignal.timeout(deadlineMs),
      ...(trusted ? {} : { lookup: guardedLookup }),
    }
    return new Promise((resolveAnswer, reject) => {
      const outgoing = send(url, options, (incoming) => {
        const chunks: Buffer[] = []
        let size = 0
        incoming.on("data", (chunk: Buffer) => {
          size += chunk.length
          if (size > MAX_ANSWER_BYTES) incoming.destroy(new Error("The answer is too large."))
          else chunks.push(chunk)
        })
        incoming.on("error", reject)
        incoming.on("end", () => {
          const status = incoming.statusCode ?? 502
          const hasBody = status !== 204 && status !== 304 && status >= 200
          resolveAnswer(new Response(hasBody ? Buffer.concat(chunks) : null, { status }))
        })
      })
      outgoing.on("error", reject)
      outgoing.end(body)
    })
  }
}
