/**
 * Secrets at rest: what the database holds of seeds, private keys and protocol contents is of no use without the program's own secret.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto"
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

export interface Secrets {
  /** Encrypts for one purpose ("totp", "signing-key"): what was sealed for another does not open. */
  seal(purpose: string, plain: string): string
  /** @throws Error if it was not sealed with this key and for this purpose, or was changed since */
  open(purpose: string, sealed: string): string
  /** What is stored of a handle that somebody else keeps: its SHA-256, base64url. For random values of 128 bits and more only. */
  hash(handle: string): string
}

/** Fewest bytes of a program's secret. */
export const SECRET_BYTES = 32
const VERSION = "1"
const IV_BYTES = 12
const TAG_BYTES = 16
/** Purposes are words of the code; more of them are a mistake. */
const MAX_PURPOSES = 32

/** AES-256-GCM with a key for each purpose (HKDF, SHA-256). @throws TypeError for a key of fewer than 32 bytes */
export function createSecrets(key: Buffer): Secrets {
  if (key.length < SECRET_BYTES) throw new TypeError(`A secret has at least ${SECRET_BYTES} bytes.`)
  const keys = new Map<string, Buffer>()
  const keyFor = (purpose: string): Buffer => {
    const known = keys.get(purpose)
    if (known) return known
    if (keys.size >= MAX_PURPOSES) throw new RangeError(`At most ${MAX_PURPOSES} purposes.`)
    const derived = Buffer.from(hkdfSync("sha256", key, "archipel.identity", purpose, 32))
    keys.set(purpose, derived)
    return derived
  }
  return {
    seal(purpose, plain) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv("aes-256-gcm", keyFor(purpose), iv).setAAD(Buffer.from(purpose))
      const sealed = Buffer.concat([iv, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()])
      return `${VERSION}.${sealed.toString("base64url")}`
    },
    open(purpose, sealed) {
      const [version, text = ""] = sealed.split(".", 2)
      const bytes = Buffer.from(text, "base64url")
      if (version !== VERSION || bytes.length < IV_BYTES + TAG_BYTES) throw new Error("This was not sealed here.")
      const iv = bytes.subarray(0, IV_BYTES)
      const decipher = createDecipheriv("aes-256-gcm", keyFor(purpose), iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8")
    },
    hash: (handle) => createHash("sha256").update(handle).digest("base64url"),
  }
}

/** The secret of a client that is part of the program: every process that has the program's secret knows it, and no table does. */
export const derivedClientSecret = (key: Buffer, clientId: string): string =>
  Buffer.from(hkdfSync("sha256", key, "archipel.identity", `client:${clientId}`, 32)).toString("base64url")

const FILE = "secret"

/**
 * The program's secret: `ARCHIPEL_SECRET`, or in development one that is made once and kept in the data directory, readable by its
 * owner alone.
 *
 * @throws TypeError in production without `ARCHIPEL_SECRET`
 */
export async function programSecret(place: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isDevelopment: boolean
  readonly dataDirectory: string
}): Promise<Buffer> {
  const given = place.env["ARCHIPEL_SECRET"]
  if (given !== undefined && given !== "") return Buffer.from(given)
  if (!place.isDevelopment) throw new TypeError("ARCHIPEL_SECRET is not set.")
  const path = join(place.dataDirectory, FILE)
  await mkdir(place.dataDirectory, { recursive: true })
  try {
    // Of processes that start together one makes it.
    await writeFile(path, randomBytes(SECRET_BYTES).toString("base64url"), { mode: 0o600, flag: "wx" })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    await chmod(path, 0o600)
  }
  return Buffer.from(await readFile(path, "utf8"))
}
