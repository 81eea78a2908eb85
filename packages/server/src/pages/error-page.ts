import { errorAdvice, errorCatalog, type ErrorCode, kindOf } from "@archipel/core"

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/`([^`]+)`/g, "<code>$1</code>")

const frame = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Archipel</title>
<link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/base.css">
</head>
<body>
<header class="top">
<img src="/assets/logo.svg" alt="">
<strong>Archipel</strong>
<nav aria-label="Pages"><a href="/">Records</a><a href="/docs">API</a><a href="/errors">Errors</a></nav>
</header>
<main>
${body}
</main>
</body>
</html>
`

export const errorCodes = Object.keys(errorCatalog) as readonly ErrorCode[]

/** The page that a problem's `type` leads to: what the code means, and what to do. */
export function errorPage(code: ErrorCode): string {
  const { status, title, retryable } = kindOf(code)
  return frame(
    code,
    `<h1>${escaped(title)}</h1>
<p><code>${code}</code>, status ${status}. The same request ${retryable ? "can succeed later" : "will fail again"}.</p>
<p>${escaped(errorAdvice[code])}</p>`,
  )
}

/** All codes, each with its title. */
export const errorsPage = (): string =>
  frame(
    "Errors",
    `<h1>Errors</h1>
<ul>
${errorCodes.map((code) => `<li><a href="/errors/${code}"><code>${code}</code></a> ${escaped(kindOf(code).title)}</li>`).join("\n")}
</ul>`,
  )
