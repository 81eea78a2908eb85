import type { Secrets, ServiceHost } from "@archipel/server"
import type { Credentials } from "../credentials/credentials.ts"
import type { KeptMail } from "../mail/mailer.ts"
import type { OidcProvider } from "../oidc/provider.ts"

/** What people's pages stand on. */
export interface PagesParts {
  readonly host: Pick<ServiceHost, "as" | "env" | "isDevelopment" | "log" | "mesh" | "now" | "url">
  readonly secrets: Secrets
  readonly credentials: Credentials
  readonly provider: Pick<OidcProvider, "interactions" | "currentSession" | "sessions" | "endSession" | "endSessions">
  /** Shown at `/account/mail` in development. */
  readonly mailer: { readonly kept: readonly KeptMail[] }
  /** What the program is called towards people. "Archipel" when left out. */
  readonly product?: string
}
