/** An authenticator of the test: makes and uses passkeys as a security key would, with keys of `node:crypto`. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server"

/** What a browser or a key does otherwise than it should. */
export interface Oddities {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  /** Default true. */
  readonly isUserVerified?: boolean
  /** Default: one more than before. */
  readonly counter?: number
  readonly userHandle?: string
  readonly type?: string
}

export interface SoftwareAuthenticator {
  readonly id: string
  create(options: PublicKeyCredentialCreationOptionsJSON, odd?: Oddities): RegistrationResponseJSON
  get(options: PublicKeyCredentialRequestOptionsJSON, odd?: Oddities): AuthenticationResponseJSON
  /** The same keys in another place, which counts by itself. */
  copy(): SoftwareAuthenticator
}

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const WITH_CREDENTIAL = 0x40

export function softwareAuthenticator(
  origin: string,
  keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
  }),
  idBytes: Buffer = randomBytes(32),
  start = { counter: 0, userHandle: "" },
): SoftwareAuthenticator {
  const state = { ...start }
  const id = idBytes.toString("base64url")
  const clientData = (type: string, challenge: string, odd: Oddities): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: odd.type ?? type,
        challenge: odd.challenge ?? challenge,
        origin: odd.origin ?? origin,
        crossOrigin: false,
      }),
    )
  const authenticatorData = (rpId: string, odd: Oddities, flags: number, rest: readonly Buffer[] = []): Buffer => {
    state.counter = odd.counter ?? state.counter + 1
    const count = Buffer.alloc(4)
    count.writeUInt32BE(state.counter)
    const verified = odd.isUserVerified === false ? 0 : USER_VERIFIED
    const rpIdHash = createHash("sha256")
      .update(odd.rpId ?? rpId)
      .digest()
    return Buffer.concat([rpIdHash, Buffer.from([USER_PRESENT | verified | flags]), count, ...rest])
  }
  return {
    id,
    create(options, odd = {}) {
      state.userHandle = options.user.id
      const idLength = Buffer.alloc(2)
      idLength.writeUInt16BE(idBytes.length)
      const rpId = options.rp.id ?? new URL(origin).hostname
      const attested = [Buffer.alloc(16), idLength, idBytes, coseKey(keys.publicKey)]
      const data = authenticatorData(rpId, odd, WITH_CREDENTIAL, attested)
      const attestation = cbor(
        new Map<string, unknown>([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", data],
        ]),
      )
      return {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData("webauthn.create", options.challenge, odd).toString("base64url"),
          attestationObject: attestation.toString("base64url"),
          transports: ["usb"],
        },
      }
    },
    get(options, odd = {}) {
      const client = clientData("webauthn.get", options.challenge, odd)
      const data = authenticatorData(options.rpId ?? new URL(origin).hostname, odd, 0)
      const signed = Buffer.concat([data, createHash("sha256").update(client).digest()])
      return {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString("base64url"),
          authenticatorData: data.toString("base64url"),
          signature: sign("sha256", signed, keys.privateKey).toString("base64url"),
          userHandle: odd.userHandle ?? state.userHandle,
        },
      }
    },
    copy: () => softwareAuthenticator(origin, keys, idBytes, state),
  }
}

/** RFC 9053, section 7.1.1: EC2, ES256, P-256. */
function coseKey(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" })
  return cbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, "base64url")],
      [-3, Buffer.from(y, "base64url")],
    ]),
  )
}

/** As much of RFC 8949 as this needs. */
function cbor(value: unknown): Buffer {
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Map)
    return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, each]) => [cbor(key), cbor(each)])])
  throw new TypeError("This cannot be written.")
}

function head(major: number, size: number): Buffer {
  const type = major << 5
  if (size < 24) return Buffer.from([type | size])
  if (size < 256) return Buffer.from([type | 24, size])
  return Buffer.from([type | 25, size >> 8, size & 0xff])
}
