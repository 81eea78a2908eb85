import type { ProtocolPages } from "../../src/oidc/protocol-pages.ts"
import { type Html, html, textOf } from "../../src/pages/html.ts"

const document = (title: string, body: Html): string =>
  textOf(html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title></head>
<body><main><h1>${title}</h1>
${body}
</main></body>
</html>
`)

/** The smallest pages that serve: the protocol is tested without the look of people's pages. */
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
