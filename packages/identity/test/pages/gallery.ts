/**
 * Every page with made-up content, served as the program serves them: for looking at them and for holding them to rules.
 *
 * @module
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assetsByPath } from "../../src/pages/assets.ts"
import { entrance, home, type Page, type Room, type View } from "../../src/pages/frame.ts"
import { type Language, languages } from "../../src/pages/messages/language.ts"
import { qrCode } from "../../src/pages/qr-code.ts"
import { pageHeaders } from "../../src/pages/answer.ts"
import { consentView } from "../../src/pages/views/consent.ts"
import { addressView, buttonLinkView, passwordLinkView, plainView, sentView } from "../../src/pages/views/links.ts"
import { factorNeededView, factorView, loginView, type LoginView } from "../../src/pages/views/login.ts"
import { mailsView } from "../../src/pages/views/mails.ts"
import { profileView } from "../../src/pages/views/profile.ts"
import {
  passkeyAddView,
  passkeyRenameView,
  passwordView,
  recoveryCodesView,
  removalView,
  securityView,
  twoStepView,
} from "../../src/pages/views/security.ts"
import { connectionsView, sessionsView } from "../../src/pages/views/sessions.ts"

const now = new Date("2026-11-20T15:00:00Z")
const picture = await qrCode(
  "otpauth://totp/Archipel:clara@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Archipel",
  "QR code",
)
const before = (minutes: number): string => new Date(now.getTime() - minutes * 60_000).toISOString()
const owner = { name: "Clara Lindqvist", email: "clara@example.com" }
const login: LoginView = { base: "/account/login/x", client: "Workshop", issuers: [], canRegister: false, mistakes: [] }
const issuers = [
  { name: "google", label: "Google" },
  { name: "entra", label: "Microsoft" },
]
const chrome = "Chrome, Linux"
const iPhone = "Safari, iPhone"

type Draw = (page: Page) => string
const alone =
  (view: (page: Page) => View): Draw =>
  (page) =>
    entrance(page, view(page))
const inside =
  (room: Room, view: (page: Page) => View): Draw =>
  (page) =>
    home(page, { ...view(page), room, owner, hasConnections: true })

export const gallery: Readonly<Record<string, Draw>> = {
  login: alone((page) => loginView(page, login)),
  "login-outside": alone((page) => loginView(page, { ...login, issuers, canRegister: true })),
  "login-refused": alone((page) =>
    loginView(page, { ...login, email: "clara@example.com", mistakes: [{ text: page.t.login.refused }] }),
  ),
  "login-empty": alone((page) =>
    loginView(page, {
      ...login,
      mistakes: [
        { field: "email", text: page.t.login.emailMissing },
        { field: "password", text: page.t.login.passwordMissing },
      ],
    }),
  ),
  "login-again": alone((page) =>
    loginView(page, { ...login, client: undefined, again: { ...owner, hasPassword: true, hasPasskey: true } }),
  ),
  "factor-totp": alone((page) =>
    factorView(page, { base: "/account/login/x", kind: "totp", others: ["recovery", "passkey"], mistakes: [] }),
  ),
  "factor-refused": alone((page) =>
    factorView(page, {
      base: "/account/login/x",
      kind: "totp",
      others: ["recovery"],
      mistakes: [{ field: "code", text: page.t.factor.refused }],
    }),
  ),
  "factor-recovery": alone((page) =>
    factorView(page, { base: "/account/login/x", kind: "recovery", others: ["totp"], mistakes: [] }),
  ),
  "factor-passkey": alone((page) =>
    factorView(page, { base: "/account/login/x", kind: "passkey", others: ["recovery"], mistakes: [] }),
  ),
  "factor-needed": alone((page) => factorNeededView(page, "/account/login/x", "Payroll")),
  consent: alone((page) =>
    consentView(page, {
      action: "/account/consent/x",
      client: "Tide Reports",
      host: "reports.example.net",
      user: owner,
      scopes: ["openid", "profile", "email", "offline_access"],
      services: ["sales", "stock"],
    }),
  ),
  reset: alone((page) => addressView(page, { kind: "reset", mistakes: [] })),
  "reset-sent": alone((page) => sentView(page, "reset")),
  "reset-password": alone((page) =>
    passwordLinkView(page, { kind: "reset", action: "/account/reset/x", email: owner.email, mistakes: [] }),
  ),
  "reset-weak": alone((page) =>
    passwordLinkView(page, {
      kind: "reset",
      action: "/account/reset/x",
      email: owner.email,
      mistakes: [{ field: "password", text: page.t.password.weak.common }],
    }),
  ),
  "link-gone": alone((page) =>
    plainView({
      icon: "clock",
      mood: "bad",
      title: page.t.linkGone.title,
      lead: page.t.linkGone.lead,
      next: { path: "/account/reset", label: page.t.reset.again },
    }),
  ),
  invitation: alone((page) =>
    passwordLinkView(page, { kind: "invite", action: "/account/invite/x", email: owner.email, name: "", mistakes: [] }),
  ),
  register: alone((page) => addressView(page, { kind: "register", mistakes: [] })),
  verify: alone((page) =>
    buttonLinkView(page, {
      action: "/account/verify/x",
      title: page.t.verify.title,
      lead: page.t.verify.lead(owner.email),
      submit: page.t.verify.submit,
      icon: "mail",
    }),
  ),
  "logged-out": alone((page) =>
    plainView({
      icon: "check",
      mood: "good",
      title: page.t.loggedOut.title,
      lead: page.t.loggedOut.lead,
      next: { path: "/account", label: page.t.loggedOut.again },
    }),
  ),
  error: alone((page) =>
    plainView({
      icon: "alert",
      mood: "bad",
      title: page.t.errors.internalTitle,
      lead: page.t.errors.internal,
      facts: [[page.t.errors.trace, "4bf92f3577b34da6a3ce929d0e0e4736"]],
      next: { path: "/account", label: page.t.errors.home },
    }),
  ),
  profile: inside("profile", (page) =>
    profileView(page, {
      ...owner,
      locale: page.language,
      timeZone: "Europe/Stockholm",
      emailVerified: true,
      notice: page.t.common.saved,
      mistakes: [],
    }),
  ),
  "profile-refused": inside("profile", (page) =>
    profileView(page, {
      ...owner,
      name: "",
      locale: page.language,
      timeZone: "Mars/Olympus",
      emailVerified: false,
      mistakes: [
        { field: "name", text: page.t.profile.nameMissing },
        { field: "timeZone", text: page.t.profile.timeZoneWrong },
      ],
    }),
  ),
  security: inside("security", (page) =>
    securityView(page, {
      hasPassword: true,
      hasTotp: true,
      recoveryCodes: 8,
      passkeys: [
        { id: "p1", label: "My laptop", createdAt: before(60 * 24 * 90), lastUsedAt: before(12) },
        { id: "p2", label: "Blue security key", createdAt: before(60 * 50), lastUsedAt: null },
      ],
      now,
    }),
  ),
  "security-bare": inside("security", (page) =>
    securityView(page, { hasPassword: true, hasTotp: false, recoveryCodes: 0, passkeys: [], now }),
  ),
  password: inside("security", (page) => passwordView(page, { email: owner.email, hasPassword: true, mistakes: [] })),
  "two-step": inside("security", (page) =>
    twoStepView(page, {
      picture,
      secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
      begun: "sealed",
      mistakes: [],
    }),
  ),
  "recovery-codes": inside("security", (page) =>
    recoveryCodesView(
      page,
      Array.from({ length: 10 }, (_, i) => `k7m${i}p-x2wq${9 - i}`),
      false,
    ),
  ),
  "two-step-off": inside("security", (page) =>
    removalView(page, {
      title: page.t.twoStep.offTitle,
      lead: page.t.twoStep.offLead,
      action: "/account/two-step/off",
      submit: page.t.twoStep.off,
    }),
  ),
  "passkey-add": inside("security", (page) => passkeyAddView(page, { label: "", mistakes: [] })),
  "passkey-rename": inside("security", (page) =>
    passkeyRenameView(page, { id: "p1", label: "My laptop", mistakes: [] }),
  ),
  sessions: inside("sessions", (page) =>
    sessionsView(page, {
      sessions: [
        {
          id: "s1",
          device: chrome,
          network: "192.0.2.17",
          beganAt: before(130),
          lastSeenAt: before(0),
          isCurrent: true,
        },
        {
          id: "s2",
          device: iPhone,
          network: "2001:db8:12:34::/64",
          beganAt: before(60 * 24 * 3),
          lastSeenAt: before(95),
          isCurrent: false,
        },
        {
          id: "s3",
          device: null,
          network: null,
          beganAt: before(60 * 24 * 20),
          lastSeenAt: before(60 * 30),
          isCurrent: false,
        },
      ],
      now,
    }),
  ),
  connections: inside("connections", (page) =>
    connectionsView(page, {
      connections: [{ id: "c1", label: "Google", email: "clara.l@gmail.example" }],
      issuers: issuers.slice(1),
      mistakes: [],
    }),
  ),
  mails: alone((page) =>
    mailsView(
      page,
      [
        {
          to: owner.email,
          subject: "Choose a new password",
          text: "Hello Clara,\n\nchoose a new password here:\n\nhttps://login.example.com/account/reset/dGhlIHNlY3JldA\n\nThe link works once, for 30 minutes.",
          sentAt: before(2),
        },
      ],
      "https://login.example.com",
      now,
    ),
  ),
}

export interface GalleryServer extends AsyncDisposable {
  readonly url: string
}

/** Serves `/{language}/{name}` with the headers of the real pages. */
export async function serveGallery(): Promise<GalleryServer> {
  const server = createServer((incoming, outgoing) => {
    const path = new URL(incoming.url ?? "/", "http://gallery").pathname
    const asset = assetsByPath.get(path)
    if (asset) return outgoing.writeHead(200, { "content-type": asset.type }).end(asset.body)
    const [, language = "", name = ""] = path.split("/")
    const draw = gallery[name]
    if (!draw || !Object.hasOwn(languages, language)) return outgoing.writeHead(404).end()
    const page: Page = {
      t: languages[language as Language],
      language: language as Language,
      token: "token",
      address: path,
      brand: "Archipel",
      timeZone: "Europe/Stockholm",
    }
    return outgoing.writeHead(200, pageHeaders({ isSecure: false })).end(draw(page))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
