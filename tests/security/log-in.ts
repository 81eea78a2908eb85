/**
 * Access tokens as an application gets them: by the login page with a password, a code with PKCE, and the token endpoint.
 *
 * @module
 */
import { createHash, randomBytes } from "node:crypto"
import type { Principal } from "@archipel/core"
import { Visitor } from "../../packages/identity/test/pages/browsing.ts"
import type { ServiceRuntime } from "../../packages/server/src/service-runtime.ts"
import type { Login } from "./personas.ts"

const CONTEXT = { traceId: "0".repeat(32) }
const CLIENT = "tests-of-security"
const CALLBACK = "http://127.0.0.1:9/callback"
const AUDIENCE = "urn:archipel:gateway"
/** Of the users of development. */
const PASSWORD = "archipel"

/** Who has a password. */
export const withPassword: readonly Login[] = ["alice", "martin", "clara", "oscar"]

/** Makes the application known. */
export async function prepareLogins(identity: ServiceRuntime, system: Principal): Promise<void> {
  const values = {
    clientId: CLIENT,
    name: "Tests",
    kind: "native",
    firstParty: true,
    redirectUris: [CALLBACK],
    mayCall: ["gateway"],
  }
  await identity.change(system, { operation: "create", model: "identity.Client", values }, CONTEXT)
}

/** Logs somebody in. @returns the access token */
export async function accessTokenOf(url: string, login: Login): Promise<string> {
  const visitor = new Visitor(url)
  const verifier = randomBytes(32).toString("base64url")
  const challenge = createHash("sha256").update(verifier).digest("base64url")
  const asked = new URLSearchParams({
    client_id: CLIENT,
    response_type: "code",
    redirect_uri: CALLBACK,
    scope: "openid api",
    resource: AUDIENCE,
    code_challenge: challenge,
    code_challenge_method: "S256",
    state: verifier.slice(0, 8),
  })
  const page = await visitor.visit(`/oidc/authorize?${asked}`)
  const pathOf = (seen: { readonly url: string }): string => new URL(seen.url).pathname
  const credentials = { email: `${login}@example.com`, password: PASSWORD }
  // A program on somebody's device is agreed to, whosever it is.
  const consent = await visitor.send(page, pathOf(page), credentials)
  const answer = await visitor.send(consent, pathOf(consent), { answer: "allow" })
  const code = new URL(answer.headers.get("location") ?? answer.url).searchParams.get("code")
  if (code === null)
    throw new Error(`${login} is not logged in: ${answer.status} ${answer.url} ${answer.text.slice(0, 2_000)}`)
  const response = await fetch(`${url}/oidc/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: CLIENT,
      redirect_uri: CALLBACK,
      code,
      code_verifier: verifier,
      resource: AUDIENCE,
    }),
  })
  const tokens = (await response.json()) as { readonly access_token?: string }
  if (tokens.access_token === undefined) throw new Error(`${login} has no token: ${JSON.stringify(tokens)}`)
  return tokens.access_token
}
