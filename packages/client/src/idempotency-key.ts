const random = (): string => Math.random().toString(36).slice(2)

/**
 * A key for one request. Not a secret: it only has to differ from the caller's other ones. `randomUUID` is missing on pages that
 * came without TLS and in React Native.
 */
export const idempotencyKey = (): string =>
  (globalThis.crypto as { randomUUID?(): string } | undefined)?.randomUUID?.() ??
  `${Date.now().toString(36)}-${random()}-${random()}`
