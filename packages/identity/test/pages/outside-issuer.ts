import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import Provider from "oidc-provider"

/** Who is logged in there. */
export interface Foreigner {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
}

/** An OpenID Connect issuer of somebody else, which logs in whoever `foreigner` is without asking. */
export interface OutsideIssuer extends AsyncDisposable {
  readonly url: string
  foreigner: Foreigner
  /** Once the address of our own program is known. */
  serve(redirectUri: string): void
}

export const CLIENT_SECRET = "a secret between the two"

export async function outsideIssuer(): Promise<OutsideIssuer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const issuer: OutsideIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    foreigner: { sub: "nobody" },
    serve(redirectUri) {
      const provider = new Provider(issuer.url, {
        clients: [
          {
            client_id: "archipel",
            client_secret: CLIENT_SECRET,
            redirect_uris: [redirectUri],
            token_endpoint_auth_method: "client_secret_post",
          },
        ],
        claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
        findAccount: (_context: unknown, sub: string) => ({
          accountId: sub,
          claims: () => ({ ...issuer.foreigner, sub }),
        }),
        features: { devInteractions: { enabled: false } },
        cookies: { keys: ["only for a test"] },
        interactions: { url: () => "/interaction" },
        loadExistingGrant: async (context: { oidc: { client: { clientId: string }; provider: Provider } }) => {
          const { client, provider: own } = context.oidc
          const grant = new own.Grant({ accountId: issuer.foreigner.sub, clientId: client.clientId })
          grant.addOIDCScope("openid email profile")
          await grant.save()
          return grant
        },
      } as never)
      server.on("request", (incoming, outgoing) => {
        if (!incoming.url?.startsWith("/interaction")) return void provider.callback()(incoming, outgoing)
        void provider.interactionFinished(incoming, outgoing, { login: { accountId: issuer.foreigner.sub } })
      })
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return issuer
}
