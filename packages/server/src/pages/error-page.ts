import { errorAdvice, errorCatalog, type ErrorCode, kindOf } from "@archipel/core"

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/`([^`]+)`/g, "<code>$1</code>")

export const errorCodes = Object.keys(errorCatalog) as readonly ErrorCode[]

const areas = [...new Set(errorCodes.map((code) => code.split(".", 1)[0] as string))]

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
<nav class="side" aria-label="Areas">
${areas.map((area) => `<a href="/errors#${area}">${area}</a>`).join("\n")}
</nav>
<main>
${body}
</main>
</body>
</html>
`

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

const row = (code: ErrorCode): string =>
  `<li><a href="/errors/${code}"><code>${code}</code></a> ${escaped(kindOf(code).title)}</li>`

/** All codes by their area, each with its title. */
export const errorsPage = (): string =>
  frame(
    "Errors",
    `<h1>Errors</h1>
${areas
  .map((area) => {
    const rows = errorCodes.filter((code) => code.split(".", 1)[0] === area).map(row)
    return `<h2 id="${area}">${area}</h2>\n<ul>\n${rows.join("\n")}\n</ul>`
  })
  .join("\n")}`,
  )
