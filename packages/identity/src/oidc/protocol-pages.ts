/**
 * The few pages that the protocol shows itself: an error that cannot be told to an application, and the questions around a logout.
 *
 * @module
 */
import type { IncomingMessage } from "node:http"
import { html, textOf, type Html } from "../pages/html.ts"

/** An application has sent somebody here with a request that cannot be answered. */
export interface ErrorPage {
  /** The protocol's code, such as "invalid_client"; nothing that a request contained. */
  readonly code: string
  /** For the administrator's log. */
  readonly traceId: string
}

/** Whether to log out; its form posts `xsrf`, and `logout=yes` to do it. */
export interface LogoutPage {
  readonly action: string
  readonly xsrf: string
  /** The application that asks. */
  readonly client: string | undefined
}

export interface LoggedOutPage {
  readonly client: string | undefined
}

/** How these pages look; each gives a whole document. */
export interface ProtocolPages {
  error(page: ErrorPage, incoming: IncomingMessage): string
  logout(page: LogoutPage, incoming: IncomingMessage): string
  loggedOut(page: LoggedOutPage, incoming: IncomingMessage): string
}

const document = (title: string, body: Html): string =>
  textOf(html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title></head>
<body><main><h1>${title}</h1>
${body}
</main></body>
</html>
`)

/** Pages without any frame, for programs that show none. */
export const plainPages: ProtocolPages = {
  error: ({ code, traceId }) =>
    document(
      "This did not work",
      html`<p>The application asked for something that cannot be done. Go back to it and begin again.</p>
<p>Code: ${code}. Trace: ${traceId}.</p>`,
    ),
  logout: ({ action, xsrf, client }) =>
    document(
      "Log out?",
      html`<p>${client ?? "An application"} asks to log you out.</p>
<form method="post" action="${action}"><input type="hidden" name="xsrf" value="${xsrf}">
<button name="logout" value="yes">Log out</button> <button>Stay logged in</button></form>`,
    ),
  loggedOut: () => document("You are logged out", html`<p>You may close this page.</p>`),
}
