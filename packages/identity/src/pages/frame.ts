import { assets } from "./assets.ts"
import { type Content, type Html, html, textOf } from "./html.ts"
import { icon, type IconName } from "./icons.ts"
import type { Messages } from "./messages/en.ts"
import { type Language, languages } from "./messages/language.ts"

/** What every view is given: for whom it writes, and what its forms carry. */
export interface Page {
  readonly t: Messages
  readonly language: Language
  /** Sent back by every form; without it nothing is taken. */
  readonly token: string
  /** The page's own address, path and query. */
  readonly address: string
  /** What the program is called towards people. */
  readonly brand: string
  /** IANA name of the reader's time zone. */
  readonly timeZone: string
}

/** A finished page. */
export interface View {
  readonly title: string
  readonly body: Html
  /** Says in the window's title that something is to be put right. */
  readonly isRefusal?: boolean
}

const head = (page: Page, view: View): Html => html`<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${view.isRefusal === true && `${page.t.common.errorPrefix}: `}${view.title} – ${page.brand}</title>
<link rel="icon" href="${assets.logo.path}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style.path}">
<script type="module" src="${assets.script.path}"></script>
</head>`

/** The same page in another language. */
function addressIn(address: string, language: Language): string {
  const url = new URL(address, "http://page")
  url.searchParams.set("lang", language)
  return url.pathname + url.search
}

const foot = (page: Page): Html => html`<footer class="foot">
${Object.entries(languages).map(([tag, { language }]) =>
  tag === page.language
    ? html`<span aria-current="true" lang="${tag}">${language}</span>`
    : html`<a href="${addressIn(page.address, tag as Language)}" lang="${tag}" hreflang="${tag}" rel="nofollow">${language}</a>`,
)}
</footer>`

/** The frame of everything before the login, and of what stands alone. */
export const entrance = (page: Page, view: View): string =>
  textOf(html`<!doctype html>
<html lang="${page.language}">
${head(page, view)}
<body class="entrance">
<header class="sea">
<a class="brand" href="/account"><img src="${assets.logo.path}" alt="" width="34" height="34">${page.brand}</a>
<p class="tagline">${page.t.brand.tagline}</p>
</header>
<main class="sheet">
${view.body}
</main>
${foot(page)}
</body>
</html>
`)

/** Rooms of the account, in the order of the menu. */
export type Room = "profile" | "security" | "sessions" | "connections"

const rooms: readonly { readonly room: Room; readonly path: string; readonly icon: IconName }[] = [
  { room: "profile", path: "/account", icon: "user" },
  { room: "security", path: "/account/security", icon: "shield" },
  { room: "sessions", path: "/account/sessions", icon: "devices" },
  { room: "connections", path: "/account/connections", icon: "link" },
]

/** Whose account is shown. */
export interface Owner {
  readonly name: string
  readonly email: string
}

/** The frame of the account; `room` is where the menu says that one is. */
export const home = (
  page: Page,
  view: View & { readonly room: Room; readonly owner: Owner; readonly hasConnections: boolean },
): string =>
  textOf(html`<!doctype html>
<html lang="${page.language}">
${head(page, view)}
<body class="home">
<header class="bar"><div>
<a class="brand" href="/account"><img src="${assets.logo.path}" alt="" width="34" height="34">${page.brand}</a>
<form method="post" action="/account/logout">
${tokenField(page)}
<span class="whose">${view.owner.name}</span>
<button>${icon("leave")}${page.t.account.logOut}</button>
</form>
</div></header>
<div class="rooms">
<nav aria-label="${page.t.account.navigation}"><ul>
${rooms
  .filter(({ room }) => room !== "connections" || view.hasConnections)
  .map(
    ({ room, path, icon: name }) =>
      html`<li><a href="${path}"${room === view.room && html` aria-current="page"`}>${icon(name)}${page.t.account[room]}</a></li>`,
  )}
</ul></nav>
<main class="room">
${view.body}
</main>
</div>
${foot(page)}
</body>
</html>
`)

/** What every form that changes something carries. */
export const tokenField = ({ token }: Page): Html => html`<input type="hidden" name="token" value="${token}">`

/** Title and what is below it. */
export const heading = (title: string, ...lead: readonly Content[]): Html =>
  html`<div><h1>${title}</h1>${lead.map((line) => line && html`<p class="lead">${line}</p>`)}</div>`

/** A sign above the title of pages that say only one thing. */
export const emblem = (name: IconName, mood: "" | "good" | "bad" = ""): Html =>
  html`<div class="emblem ${mood}">${icon(name)}</div>`

/** Good news; read out by screen readers when the page comes. */
export const notice = (text: string | undefined): Content =>
  text !== undefined && html`<div class="notice" role="status">${icon("check")}<p>${text}</p></div>`
