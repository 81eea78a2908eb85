import { request } from "../api/request.ts"
import { forgetAll, keepFor } from "../metadata/kept.ts"

/** Who is logged in. */
export interface SessionUser {
  readonly id: string
  readonly name: string
  readonly email: string | undefined
}

const KEY = "archipel.user"
let isLeaving = false

/** Leads to the login, and back to this very address. */
export function goToLogin(): void {
  if (isLeaving) return
  isLeaving = true
  const here = `${location.pathname}${location.search}`
  location.assign(`/auth/login?return=${encodeURIComponent(here)}`)
}

/** Ends the session. A form, since the answer leads on to the page that says so. */
export async function logOut(): Promise<void> {
  localStorage.removeItem(KEY)
  await forgetAll()
  const form = document.createElement("form")
  form.method = "post"
  form.action = "/auth/logout"
  document.body.append(form)
  form.submit()
}

const remembered = (): string | null => localStorage.getItem(KEY)

/**
 * Who is logged in, by id; what another person's session kept is dropped. A page that is shown again need not wait for the answer:
 * who was logged in last probably still is, and every request is decided by its service in any case.
 *
 * @returns undefined when the page leads to the login
 */
export async function sessionUser(): Promise<string | undefined> {
  const asked = request<{ readonly user: string | null }>("/auth/session").then(async ({ data: { user } }) => {
    if (user === null) {
      goToLogin()
      return undefined
    }
    if (user !== remembered()) {
      const isOther = remembered() !== null
      localStorage.setItem(KEY, user)
      await keepFor(user)
      if (isOther) location.reload()
    }
    return user
  })
  const last = remembered()
  if (last === null) return asked
  // A gateway that is away for a moment is no reason to leave.
  asked.catch(() => {})
  return last
}

/** Name and address of a user, as far as they may be read. */
export async function describeUser(id: string): Promise<SessionUser> {
  try {
    const { data } = await request<{ readonly name?: string; readonly email?: string }>(
      `/api/identity/users/${id}?select=name,email`,
    )
    return { id, name: data.name ?? data.email ?? id, email: data.email }
  } catch {
    return { id, name: "", email: undefined }
  }
}
