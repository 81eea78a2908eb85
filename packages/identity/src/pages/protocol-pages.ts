import type { IncomingMessage } from "node:http"
import type { ProtocolPages } from "../oidc/protocol-pages.ts"
import { entrance, emblem, heading, type Page, type View } from "./frame.ts"
import { guestPage } from "./guest-page.ts"
import { html } from "./html.ts"
import { plainView } from "./views/links.ts"

export interface ProtocolPagesOptions {
  /** Public origin of the program. */
  readonly url: string
  readonly product?: string
}

/** The pages that the protocol shows itself, in the look of all others. */
export function createProtocolPages({ url, product }: ProtocolPagesOptions): ProtocolPages {
  const isSecure = url.startsWith("https:")
  const draw = (incoming: IncomingMessage, view: (page: Page) => View): string => {
    const page = guestPage(incoming, isSecure, product)
    return entrance(page, view(page))
  }
  return {
    error: ({ code, traceId }, incoming) =>
      draw(incoming, ({ t }) => ({
        ...plainView({
          icon: "alert",
          mood: "bad",
          title: t.errors.clientTitle,
          lead: t.errors.client,
          facts: [[t.errors.code, code], ...(traceId === "" ? [] : [[t.errors.trace, traceId] as const])],
          next: { path: "/account", label: t.errors.home },
        }),
        isRefusal: true,
      })),
    logout: ({ action, xsrf, client }, incoming) =>
      draw(incoming, ({ t }) => ({
        title: t.loggedOut.confirmTitle,
        body: html`${emblem("leave")}
${heading(t.loggedOut.confirmTitle, client === undefined ? t.loggedOut.confirmLeadOwn : t.loggedOut.confirmLead(client))}
<form method="post" action="${action}"><input type="hidden" name="xsrf" value="${xsrf}">
<button class="primary wide" name="logout" value="yes">${t.loggedOut.confirm}</button>
<button class="wide">${t.loggedOut.stay}</button></form>`,
      })),
    loggedOut: (_page, incoming) =>
      draw(incoming, ({ t }) =>
        plainView({
          icon: "check",
          mood: "good",
          title: t.loggedOut.title,
          lead: t.loggedOut.lead,
          next: { path: "/account", label: t.loggedOut.again },
        }),
      ),
  }
}
