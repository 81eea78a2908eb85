import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { type DevelopmentUser, developmentUsers } from "../auth/development-users.ts"
import type { OpenRoute } from "../http/open-routes.ts"
import type { Reply } from "../http/reply.ts"
import { errorCodes, errorPage, errorsPage } from "./error-page.ts"

const directory = new URL("../../assets/", import.meta.url)
const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
}
const assets = ["base.css", "records.css", "docs.css", "session.js", "records.js", "docs.js", "logo.svg"] as const

function asset(name: string): OpenRoute {
  const body = readFileSync(new URL(name, directory), "utf8")
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
  const type = types[name.slice(name.lastIndexOf(".") + 1)] as string
  const headers = { "content-type": type, "cache-control": "public, no-cache", etag }
  return (request) =>
    request.headers.get("if-none-match") === etag
      ? { status: 304, headers, body: null, page: true }
      : { status: 200, headers, body, page: true }
}

const option = ({ login, name, part }: DevelopmentUser) => `<option value="dev:${login}">${name}, ${part}</option>`

/** How somebody becomes known to the pages. */
export interface PageLogin {
  /** The development users, to choose from. */
  readonly development: boolean
  /** Browsers' sessions under "/auth". */
  readonly sessions: boolean
}

const chooser = `<label class="user">As <select id="user">${developmentUsers.map(option).join("")}</select></label>`
const account = `<a class="account" id="login" href="/auth/login?return=/">Log in</a>
<form class="account" id="logout" method="post" action="/auth/logout" hidden><a href="/account">Account</a> <button>Log out</button></form>`

/** The frame of a page; its script fills it from what the services publish. */
const shell = (title: string, script: string, login: PageLogin): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Archipel</title>
<link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/base.css">
<link rel="stylesheet" href="/assets/${script}.css">
<script type="module" src="/assets/${script}.js"></script>
</head>
<body>
<header class="top">
<img src="/assets/logo.svg" alt="">
<strong>Archipel</strong>
<nav aria-label="Pages"><a href="/">Records</a><a href="/docs">API</a></nav>
${login.development ? chooser : ""}
${login.sessions ? account : ""}
</header>
<nav class="side" id="menu" aria-label="Collections"></nav>
<main><p class="quiet">Loading…</p></main>
${script === "records" ? '<dialog aria-label="Record"></dialog>' : ""}
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
`

const html =
  (body: string): OpenRoute =>
  (): Reply => ({
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" },
    body,
    page: true,
  })

/** The pages for people and what they are made of, by path. Read once, when the program starts. */
export function pageRoutes(login: PageLogin): ReadonlyMap<string, OpenRoute> {
  const routes = new Map<string, OpenRoute>()
  routes.set("/", html(shell("Records", "records", login)))
  routes.set("/docs", html(shell("API", "docs", login)))
  routes.set("/errors", html(errorsPage()))
  for (const code of errorCodes) routes.set(`/errors/${code}`, html(errorPage(code)))
  for (const name of assets) routes.set(`/assets/${name}`, asset(name))
  return routes
}
