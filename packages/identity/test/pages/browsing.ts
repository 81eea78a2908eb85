/**
 * A browser without scripts, in process: it keeps cookies, follows redirects one by one, and fills in forms.
 *
 * @module
 */

export interface Seen {
  readonly status: number
  readonly url: string
  readonly text: string
  readonly headers: Headers
}

/** What stands in the fields of a page's forms. */
const hiddenFields = (text: string, action: string): URLSearchParams => {
  const forms = text.match(/<form[^>]*>[\s\S]*?<\/form>/g) ?? []
  const form = forms.find((each) => each.includes(`action="${action}"`))
  if (form === undefined) throw new Error(`There is no form to ${action} in ${text.slice(0, 2_000)}`)
  const fields = new URLSearchParams()
  for (const [input] of form.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1]
    if (name !== undefined) fields.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? "")
  }
  return fields
}

export class Visitor {
  readonly #origin: string
  readonly cookies = new Map<string, { readonly value: string; readonly path: string; readonly flags: string }>()
  /** Sent along with every request. */
  readonly headers: Record<string, string> = {}

  constructor(origin: string) {
    this.#origin = origin
  }

  /** One request, no redirect followed. */
  async request(path: string, init: RequestInit = {}): Promise<Seen> {
    const url = new URL(path, this.#origin)
    const cookie = [...this.cookies]
      .filter(([, { path: own }]) => url.pathname === own || own === "/" || url.pathname.startsWith(`${own}/`))
      .map(([name, { value }]) => `${name}=${value}`)
      .join("; ")
    const headers = new Headers({ ...this.headers, ...(init.headers as Record<string, string> | undefined) })
    if (cookie !== "") headers.set("cookie", cookie)
    const response = await fetch(url, { ...init, headers, redirect: "manual" })
    for (const text of response.headers.getSetCookie()) {
      const [pair = "", ...flags] = text.split("; ")
      const [name = "", value = ""] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]
      const own = flags.find((flag) => /^path=/i.test(flag))?.slice(5) ?? "/"
      const isGone = value === "" || flags.some((flag) => /^max-age=0$/i.test(flag))
      if (isGone) this.cookies.delete(name)
      else this.cookies.set(name, { value, path: own, flags: flags.join("; ") })
    }
    return { status: response.status, url: url.href, text: await response.text(), headers: response.headers }
  }

  /** Follows redirects of our own origin, at most 12. */
  async visit(path: string, init: RequestInit = {}): Promise<Seen> {
    let seen = await this.request(path, init)
    for (let hop = 0; hop < 12; hop++) {
      const location = seen.headers.get("location")
      if (location === null) return seen
      const next = new URL(location, seen.url)
      if (next.origin !== this.#origin) return seen
      seen = await this.request(next.pathname + next.search)
    }
    throw new Error(`Too many redirects, the last to ${seen.url}`)
  }

  /** Sends a page's form as a browser does. */
  send(page: Seen, action: string, fields: Readonly<Record<string, string>> = {}): Promise<Seen> {
    return this.visit(action, this.posting(page, action, fields))
  }

  posting(page: Seen, action: string, fields: Readonly<Record<string, string>> = {}): RequestInit {
    const body = hiddenFields(page.text, action)
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    return { method: "POST", body, headers: { "sec-fetch-site": "same-origin", origin: "null" } }
  }

  /** Comes to the login of the account. */
  begin(): Promise<Seen> {
    return this.visit("/account")
  }

  async logIn(email: string, password: string): Promise<Seen> {
    const page = await this.begin()
    return this.send(page, new URL(page.url).pathname, { email, password })
  }
}
