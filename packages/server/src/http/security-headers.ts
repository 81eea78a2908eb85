/** Header fields of an answer by lower-case name. */
export type HeaderRecord = Readonly<Record<string, string>>

/** For answers that no browser shows: nothing of them may run, frame or be guessed to be another type. */
export const apiSecurity: HeaderRecord = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
}

/** For our own pages: everything from this origin, nothing inline. */
export const pageSecurity: HeaderRecord = {
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
}

/** Only over TLS (RFC 6797, section 7.2). */
export const strictTransport: HeaderRecord = { "strict-transport-security": "max-age=31536000; includeSubDomains" }
