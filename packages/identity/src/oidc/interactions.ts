/**
 * The steps that people take while an application waits: logging in, and agreeing to what it asks for.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { errors, type Grant, type InteractionResults, type Provider } from "oidc-provider"
import { isFirstParty } from "./clients.ts"

/** What an application waits for. */
export interface InteractionDetails {
  /** In the page's address: `/account/login/{uid}`. */
  readonly uid: string
  /** "login": to prove who one is, also once more. "consent": to agree to `scopes`. */
  readonly prompt: "login" | "consent"
  /** Why, in the protocol's words: "no_session", "login_prompt", "max_age", "acr_values", "op_scopes_missing". */
  readonly reasons: readonly string[]
  readonly client: { readonly id: string; readonly name: string; readonly isFirstParty: boolean }
  /** Who is logged in already. */
  readonly userId: string | undefined
  readonly acr: string | undefined
  /** Whether the application asks for a login with two factors. */
  readonly wantsMfa: boolean
  readonly loginHint: string | undefined
  readonly uiLocales: readonly string[]
  /** What is asked for and not agreed to yet: "profile", "email", "offline_access", "api". */
  readonly scopes: readonly string[]
  /** Services that `api` would open, by name. */
  readonly services: readonly string[]
  /** For `form-action` of the page's Content-Security-Policy: where its form may lead in the end. */
  readonly returnUri: string
}

/** How somebody proved who they are. */
export interface LoginResult {
  readonly userId: string
  readonly acr: "single" | "mfa"
  readonly amr: readonly string[]
  /** Whether the session survives the browser; true when left out. */
  readonly remember?: boolean
}

/**
 * All but `details` answer the request with a redirect back into the protocol. A step works once, and only in the browser that
 * began it: where there is none, nothing is answered, and the answer to the caller is false or nothing.
 */
export interface Interactions {
  details(incoming: IncomingMessage, outgoing: ServerResponse): Promise<InteractionDetails | undefined>
  /** Logs in. The session's identifier changes, so one that somebody planted before is worth nothing. */
  login(incoming: IncomingMessage, outgoing: ServerResponse, result: LoginResult): Promise<boolean>
  /** Agrees to everything that was asked for. */
  consent(incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean>
  /** Tells the application that nothing comes of it. */
  cancel(incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean>
}

const words = (value: unknown): string[] => (typeof value === "string" ? value.split(" ").filter((w) => w !== "") : [])

interface Missing {
  readonly missingOIDCScope?: readonly string[]
  readonly missingOIDCClaims?: readonly string[]
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>
}

/** @param provider The current one: it is replaced when keys change. */
export function createInteractions(provider: () => Provider): Interactions {
  const read = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    try {
      return await provider().interactionDetails(incoming, outgoing)
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return undefined
      throw error
    }
  }
  const finish = async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    result: InteractionResults,
    mergeWithLastSubmission: boolean,
  ): Promise<boolean> => {
    try {
      await provider().interactionFinished(incoming, outgoing, result, { mergeWithLastSubmission })
      return true
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return false
      throw error
    }
  }
  return {
    async details(incoming, outgoing) {
      const step = await read(incoming, outgoing)
      const client = step && (await provider().Client.find(String(step.params["client_id"])))
      if (step === undefined || client === undefined) return undefined
      const { uid, prompt, params, session } = step
      const missing = prompt.details as Missing
      const resources = Object.entries(missing.missingResourceScopes ?? {})
      return {
        uid,
        prompt: prompt.name === "consent" ? "consent" : "login",
        reasons: prompt.reasons,
        client: { id: client.clientId, name: client.clientName ?? client.clientId, isFirstParty: isFirstParty(client) },
        userId: session?.accountId,
        acr: session?.acr,
        wantsMfa: words(params["acr_values"]).includes("mfa"),
        loginHint: typeof params["login_hint"] === "string" ? params["login_hint"] : undefined,
        uiLocales: words(params["ui_locales"]),
        scopes: [...new Set([...(missing.missingOIDCScope ?? []), ...resources.flatMap(([, scopes]) => scopes)])],
        services: resources.map(([resource]) => resource.replace("urn:archipel:", "")),
        returnUri: String(params["redirect_uri"]),
      }
    },
    async login(incoming, outgoing, { userId, acr, amr, remember = true }) {
      const step = await read(incoming, outgoing)
      if (step?.prompt.name !== "login") return false
      return finish(incoming, outgoing, { login: { accountId: userId, acr, amr: [...amr], remember } }, false)
    },
    async consent(incoming, outgoing) {
      const step = await read(incoming, outgoing)
      const userId = step?.session?.accountId
      if (step?.prompt.name !== "consent" || userId === undefined) return false
      const { prompt, params, grantId } = step
      const known: Grant | undefined = grantId === undefined ? undefined : await provider().Grant.find(grantId)
      const grant = known ?? new (provider().Grant)({ accountId: userId, clientId: String(params["client_id"]) })
      const missing = prompt.details as Missing
      if (missing.missingOIDCScope) grant.addOIDCScope(missing.missingOIDCScope.join(" "))
      if (missing.missingOIDCClaims) grant.addOIDCClaims([...missing.missingOIDCClaims])
      for (const [resource, scopes] of Object.entries(missing.missingResourceScopes ?? {}))
        grant.addResourceScope(resource, scopes.join(" "))
      return finish(incoming, outgoing, { consent: { grantId: await grant.save() } }, true)
    },
    cancel: (incoming, outgoing) =>
      finish(incoming, outgoing, { error: "access_denied", error_description: "the user did not agree" }, false),
  }
}
