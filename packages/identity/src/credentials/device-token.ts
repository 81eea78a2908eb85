import { randomUUID } from "node:crypto"
import type { Secrets } from "@archipel/server"

const PURPOSE = "device"
const LIFETIME_MS = 365 * 24 * 60 * 60_000
const MAX_LENGTH = 500

/** What a browser is known by after its user logged in completely. It opens nothing: it only keeps strangers' failures apart. */
export function createDeviceToken(secrets: Secrets, now: Date, userId: string): string {
  return secrets.seal(PURPOSE, JSON.stringify({ userId, device: randomUUID(), at: now.getTime() }))
}

/** The device's name if the token is this user's; undefined otherwise, whatever it is. */
export function knownDevice(
  secrets: Secrets,
  now: Date,
  token: string,
  userId: string | undefined,
): string | undefined {
  if (token === "" || token.length > MAX_LENGTH) return undefined
  try {
    const found = JSON.parse(secrets.open(PURPOSE, token)) as { userId: string; device: string; at: number }
    return found.userId === userId && now.getTime() - found.at < LIFETIME_MS ? found.device : undefined
  } catch {
    return undefined
  }
}
