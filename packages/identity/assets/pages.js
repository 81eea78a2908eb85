// Passkeys, and the button that shows a password. Everything else of these pages works without this file.
const parameters = globalThis.PublicKeyCredential
const knowsPasskeys =
  typeof parameters?.parseRequestOptionsFromJSON === "function" &&
  typeof parameters?.parseCreationOptionsFromJSON === "function"

async function options(form) {
  const body = new URLSearchParams({ token: form.elements.namedItem("token").value })
  const response = await fetch(form.dataset.options, { method: "POST", body, redirect: "error" })
  if (!response.ok) throw new Error(`options: ${response.status}`)
  return response.json()
}

function send(form, credential) {
  form.elements.namedItem("response").value = credential ? JSON.stringify(credential) : ""
  form.submit()
}

let waiting

/** Asks for a passkey and sends it; without one, what went wrong is said by the server. */
async function logIn(form, mediation) {
  waiting?.abort()
  waiting = new AbortController()
  const { signal } = waiting
  try {
    const publicKey = parameters.parseRequestOptionsFromJSON(await options(form))
    const credential = await navigator.credentials.get({ publicKey, mediation, signal })
    send(form, credential)
  } catch (error) {
    if (signal.aborted || mediation === "conditional" || error.name === "AbortError") return
    send(form)
  }
}

async function register(form) {
  try {
    const publicKey = parameters.parseCreationOptionsFromJSON(await options(form))
    send(form, await navigator.credentials.create({ publicKey }))
  } catch {
    send(form)
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!knowsPasskeys) continue
  const creates = form.dataset.passkey === "create"
  form.hidden = false
  for (const element of document.querySelectorAll("[data-with-passkeys]")) element.hidden = false
  for (const element of document.querySelectorAll("[data-without-passkeys]")) element.hidden = true
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    if (creates) void register(form)
    else void logIn(form, "optional")
  })
  if (form.dataset.passkey === "offer") {
    const offered = await parameters.isConditionalMediationAvailable?.()
    if (offered) void logIn(form, "conditional")
  }
}

for (const button of document.querySelectorAll("button[data-reveals]")) {
  const input = document.getElementById(button.dataset.reveals)
  button.hidden = false
  button.addEventListener("click", () => {
    const shown = input.type === "text"
    input.type = shown ? "password" : "text"
    button.setAttribute("aria-pressed", String(!shown))
    input.focus()
  })
}
