import type { Secrets } from "@archipel/server"

/** Reads and writes what browsers keep for us but may neither read nor change. */
export interface Sealed<T extends object> {
  write(content: T): string
  /** Undefined for what is too old, was made for something else, or by somebody else. */
  read(text: string | undefined): T | undefined
}

/** Longest that browsers keep. */
const MAX_LENGTH = 4_000

/** @param purpose What it may be used for; what was sealed for another purpose is not read. */
export function sealed<T extends object>(
  secrets: Secrets,
  now: () => Date,
  purpose: string,
  seconds: number,
): Sealed<T> {
  return {
    write: (content) => secrets.seal(purpose, JSON.stringify({ content, until: now().getTime() + seconds * 1_000 })),
    read(text) {
      if (text === undefined || text === "" || text.length > MAX_LENGTH) return undefined
      try {
        const { content, until } = JSON.parse(secrets.open(purpose, text)) as { content: T; until: number }
        return until > now().getTime() ? content : undefined
      } catch {
        return undefined
      }
    },
  }
}
