import { isIP, isIPv4 } from "node:net"

/** Proxies that add to `X-Forwarded-For`; more of them are a mistake. */
export const MAX_HOPS = 10
const UNKNOWN = "unknown"

/**
 * What failures and limits of a client are counted by: its IPv4 address, or the first 64 bits of its IPv6 address, which one
 * connection has to itself and may change within at will. Equal networks have equal keys, however they are written.
 *
 * @param address Of a socket; also with a zone ("fe80::1%eth0") or as an IPv4 address in IPv6 ("::ffff:192.0.2.1").
 * @returns "unknown" for what is no address: all of those share one key.
 */
export function networkKey(address: string | undefined): string {
  const bare = (address ?? "")
    .trim()
    .replace(/^\[|\]$/g, "")
    .replace(/%.*$/, "")
  if (isIPv4(bare)) return bare
  if (isIP(bare) !== 6) return UNKNOWN
  const groups = groupsOf(bare)
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  const isZero = (...parts: readonly number[]): boolean => parts.every((part) => part === 0)
  const isMapped = isZero(a, b, c, d, e) && f === 0xffff
  // What translators between the two worlds write (RFC 6052).
  const isTranslated = a === 0x64 && b === 0xff9b && isZero(c, d, e, f)
  if (isMapped || isTranslated) return [g >> 8, g & 0xff, h >> 8, h & 0xff].join(".")
  // 6to4 carries the IPv4 address of the one who has the whole /48.
  if (a === 0x2002) return [b >> 8, b & 0xff, c >> 8, c & 0xff].join(".")
  return `${[a, b, c, d].map((group) => group.toString(16)).join(":")}::/64`
}

/**
 * The address of the client behind a known number of our own proxies: each adds what it sees at the end of `X-Forwarded-For`, so the
 * last `hops` entries are theirs and what is before them is whatever the client says.
 *
 * @param remoteAddress Of the socket.
 * @param forwardedFor The field as it came: several are one list.
 * @param hops Proxies in front of this program (`ARCHIPEL_PROXY_HOPS`); 0 ignores the field.
 * @returns undefined if the field has fewer entries than there are proxies: the request came around them.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
  hops: number,
): string | undefined {
  if (hops === 0) return remoteAddress
  const entries = (typeof forwardedFor === "string" ? forwardedFor : (forwardedFor ?? []).join(","))
    .split(",")
    .map((entry) => entry.trim())
  return withoutPort(entries.at(-hops))
}

/** `ARCHIPEL_PROXY_HOPS`: 0 when left out. @throws TypeError if it is not a whole number from 0 to 10 */
export function proxyHops(env: Readonly<Record<string, string | undefined>>): number {
  const text = env["ARCHIPEL_PROXY_HOPS"] || "0"
  const hops = Number(text)
  if (!/^\d{1,2}$/.test(text) || hops > MAX_HOPS)
    throw new TypeError(`ARCHIPEL_PROXY_HOPS must be a whole number from 0 to ${MAX_HOPS}.`)
  return hops
}

/** Some proxies write the port as well: "192.0.2.1:4711", "[2001:db8::1]:4711". */
function withoutPort(entry: string | undefined): string | undefined {
  if (!entry) return undefined
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1]
  return bracketed ?? entry.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1")
}

/** The eight groups of an IPv6 address that is known to be one. */
function groupsOf(address: string): readonly number[] {
  // What URL writes is shortened hexadecimal, also where the end was an IPv4 address.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = "", tail] = canonical.split("::", 2)
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16))
  const before = parse(head)
  if (tail === undefined) return before
  const after = parse(tail)
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
}
