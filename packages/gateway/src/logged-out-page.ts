import type { ServerResponse } from "node:http"

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Logged out</title>
<main>
<h1>You are logged out</h1>
<p><a href="/auth/login">Log in again</a></p>
</main>
</html>
`

/** What is left to say after a logout. */
export function loggedOutPage(outgoing: ServerResponse, headers: Readonly<Record<string, string>>): void {
  outgoing
    .writeHead(200, {
      ...headers,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    })
    .end(page)
}
