import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"

/** Proxies in front of a program whose word on the sender's address is believed: `ARCHIPEL_PROXY_HOPS`, 0 when left out. */
export function proxyHops(env: Readonly<Record<string, string | undefined>>): number {
  const text = env["ARCHIPEL_PROXY_HOPS"] ?? ""
  if (text === "") return 0
  if (!/^\d$/.test(text)) throw new TypeError("ARCHIPEL_PROXY_HOPS is the number of trusted proxies, 0 to 9.")
  return Number(text)
}

/**
 * The address that a request comes from. Of `X-Forwarded-For` only the entries that trusted proxies wrote count, and those are
 * the last ones: whatever a sender puts before them is ignored.
 */
export function clientAddress(incoming: Pick<IncomingMessage, "headers" | "socket">, hops: number): string {
  const direct = incoming.socket.remoteAddress ?? ""
  if (hops === 0) return direct
  const header = incoming.headers["x-forwarded-for"]
  const entries = (Array.isArray(header) ? header.join() : (header ?? "")).split(",").map((entry) => entry.trim())
  const named = entries.at(-hops)
  return named !== undefined && isIP(named) !== 0 ? named : direct
}

/**
 * The part of an address that one sender controls, for limits: an IPv4 address, or the first half of an IPv6 one. IPv4 addresses
 * that come as IPv6 ones are IPv4 addresses.
 */
export function networkKey(address: string): string {
  const plain = (address.split("%")[0] as string).toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  if (isIP(plain) !== 6) return plain
  // A URL writes every IPv6 address in one way: in lower case, without leading zeros, with the longest run of zeros left out.
  const canonical = new URL(`http://[${plain}]/`).hostname.slice(1, -1)
  const [head = "", tail] = canonical.split("::")
  const before = head === "" ? [] : head.split(":")
  const after = tail === undefined || tail === "" ? [] : tail.split(":")
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after]
  if (groups.slice(0, 5).every((group) => group === "0") && groups[5] === "ffff") {
    const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16))
    return [high >> 8, high & 255, low >> 8, low & 255].join(".")
  }
  return `${groups.slice(0, 4).join(":")}::/64`
}
