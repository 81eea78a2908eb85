/** Asks the services as whoever is logged in, or in development as the chosen user. */

const chooser = document.querySelector("#user")
const KEY = "archipel.user"

if (chooser) {
  const known = localStorage.getItem(KEY)
  if (known && [...chooser.options].some((option) => option.value === known)) chooser.value = known
  chooser.addEventListener("change", () => {
    localStorage.setItem(KEY, chooser.value)
    location.reload()
  })
}

/** Who is logged in in this browser; nobody where the program keeps no sessions. */
const loggedIn = document.querySelector("#login") ? whoIsLoggedIn() : Promise.resolve(null)

async function whoIsLoggedIn() {
  const answer = await fetch("/auth/session").then((response) => (response.ok ? response.json() : { user: null }))
  document.querySelector("#login").hidden = answer.user !== null
  document.querySelector("#logout").hidden = answer.user === null
  if (chooser && answer.user !== null) chooser.parentElement.remove()
  if (!chooser && answer.user === null) location.assign("/auth/login?return=/")
  return answer.user
}

/** What a service said no with. */
export class ProblemError extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title ?? "Something went wrong.")
    this.problem = problem
  }
}

export async function ask(path, init = {}) {
  // The header says that this page asks, and no other site's form.
  const headers = { accept: "application/json", "x-archipel": "1", ...init.headers }
  if ((await loggedIn) === null && chooser) headers.authorization = `Bearer ${chooser.value}`
  let response
  try {
    response = await fetch(path, { ...init, headers })
  } catch {
    throw new ProblemError({ title: "The service does not answer.", status: 503 })
  }
  const body = response.status === 204 ? null : await response.json()
  if (!response.ok) throw new ProblemError(body)
  return body
}

/** An element: `element("a", { href: "/" }, "Home")`. Texts are texts, never markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value)
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value)
  }
  made.append(...children.filter((child) => child !== undefined && child !== null))
  return made
}

export function problemNote(error) {
  const code = error instanceof ProblemError ? error.problem.code : undefined
  const trace = error instanceof ProblemError ? error.problem.traceId : undefined
  const small = [code, trace && `trace ${trace}`].filter(Boolean).join(" · ")
  return element(
    "div",
    { class: "problem", role: "alert" },
    error.message,
    small ? element("div", {}, element("small", {}, small)) : null,
  )
}
