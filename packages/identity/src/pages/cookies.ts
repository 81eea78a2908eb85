/** Cookies by name; of two of one name the first counts, which is the one with the longer path. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=")
    const name = part.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, part.slice(at + 1).trim())
  }
  return cookies
}

export interface CookieOptions {
  readonly isSecure: boolean
  /** Until the browser is closed when left out; 0 deletes it. */
  readonly seconds?: number
}

/** Over TLS nobody but this very host can write it (RFC 6265bis, section 4.1.3.2); plain HTTP is for development. */
export const cookieName = (name: string, isSecure: boolean): string => `${isSecure ? "__Host-" : ""}archipel-${name}`

/** A cookie that no script reads and no other site's form sends along. */
export const cookieText = (name: string, value: string, { isSecure, seconds }: CookieOptions): string =>
  [
    `${cookieName(name, isSecure)}=${value}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Lax",
    ...(isSecure ? ["Secure"] : []),
    ...(seconds === undefined ? [] : [`Max-Age=${seconds}`]),
  ].join("; ")
