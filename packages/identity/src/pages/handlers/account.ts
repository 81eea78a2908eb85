/** The account of whoever is logged in: profile, where they are logged in, and the way out. */
import { systemPrincipal } from "@archipel/core"
import { isEmail, normaliseEmail } from "../../credentials/email-address.ts"
import type { Answer } from "../answer.ts"
import type { Mistake } from "../form.ts"
import { languages } from "../messages/language.ts"
import { Refusal } from "../refusal.ts"
import { type AccountExchange, type AccountHandler, fresh, type Handler, open, own, type Route } from "../router.ts"
import { plainView } from "../views/links.ts"
import { mailsView } from "../views/mails.ts"
import { profileView } from "../views/profile.ts"
import { sessionsView } from "../views/sessions.ts"

const MAX_NAME = 200

interface Typed {
  readonly name?: string
  readonly locale?: string
  readonly timeZone?: string
  readonly newEmail?: string
}

function showProfile(x: AccountExchange, mistakes: readonly Mistake[], typed: Typed = {}): Answer {
  const { person } = x.loggedIn
  const { t } = x.page
  const notices: Readonly<Record<string, string>> = { saved: t.common.saved, sent: t.profile.sent }
  const said = x.url.searchParams.get("said") ?? ""
  const view = profileView(x.page, {
    name: person.name,
    locale: person.locale ?? x.page.language,
    timeZone: person.timeZone,
    email: person.email,
    emailVerified: person.emailVerified,
    notice: Object.hasOwn(notices, said) ? notices[said] : undefined,
    ...typed,
    mistakes,
  })
  return x.showRoom("profile", view, mistakes.length > 0 ? 422 : 200)
}

/** By their present names and by those of before. */
function isTimeZone(name: string): boolean {
  // Offsets such as "+01:00" are taken too, but know no summer.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== ""
  } catch {
    return false
  }
}

const saveProfile: AccountHandler = async (x) => {
  const { t } = x.page
  const name = (x.form.get("name") ?? "").trim()
  const locale = x.form.get("locale") ?? ""
  const timeZone = (x.form.get("timeZone") ?? "").trim()
  const mistakes: Mistake[] = []
  if (name === "") mistakes.push({ field: "name", text: t.profile.nameMissing })
  if (name.length > MAX_NAME) mistakes.push({ field: "name", text: t.profile.nameLong })
  if (!isTimeZone(timeZone)) mistakes.push({ field: "timeZone", text: t.profile.timeZoneWrong })
  if (!Object.hasOwn(languages, locale)) mistakes.push({ field: "locale", text: t.profile.localeWrong })
  if (mistakes.length > 0) return showProfile(x, mistakes, { name, locale, timeZone })
  const db = x.parts.host.as(systemPrincipal("profile changed by its owner"))
  await db("identity.User").update(x.loggedIn.person.id, { name, locale, timeZone })
  x.setLanguage(locale)
  return x.redirect("/account?said=saved")
}

const changeEmail: AccountHandler = async (x) => {
  const { t } = x.page
  const newEmail = (x.form.get("email") ?? "").trim()
  const { person } = x.loggedIn
  const refuse = (text: string): Answer => showProfile(x, [{ field: "email", text }], { newEmail })
  if (!isEmail(newEmail)) return refuse(t.profile.emailWrong)
  if (normaliseEmail(newEmail) === normaliseEmail(person.email)) return refuse(t.profile.emailSame)
  const asked = await x.parts.credentials.email.begin(person.id, newEmail, x.network)
  if (!asked.ok) throw new Refusal("limited", asked.retryAfterSeconds)
  return x.redirect("/account?said=sent")
}

const sendVerification: AccountHandler = async (x) => {
  const asked = await x.parts.credentials.email.verification(x.loggedIn.person.id, x.network)
  if (!asked.ok) throw new Refusal("limited", asked.retryAfterSeconds)
  return x.redirect("/account?said=sent")
}

const sessions: AccountHandler = async (x) => {
  const { person, session } = x.loggedIn
  const { provider, host } = x.parts
  const list = await provider.sessions(person.id)
  return x.showRoom(
    "sessions",
    sessionsView(x.page, {
      sessions: list.map(({ sid, device, network, createdAt, lastSeenAt }) => ({
        id: sid,
        device,
        network,
        beganAt: createdAt,
        lastSeenAt,
        isCurrent: sid === session.sid,
      })),
      now: host.now(),
      notice: x.url.searchParams.get("said") === "ended" ? x.page.t.sessions.ended : undefined,
    }),
  )
}

const endOne: AccountHandler = async (x) => {
  const { person, session } = x.loggedIn
  const sid = x.params["sid"] ?? ""
  const { provider } = x.parts
  if (!(await provider.sessions(person.id)).some((one) => one.sid === sid)) throw new Refusal("notFound")
  await provider.endSession(sid)
  return x.redirect(sid === session.sid ? "/account/logged-out" : "/account/sessions?said=ended")
}

const endAll: AccountHandler = async (x) => {
  await x.parts.provider.endSessions(x.loggedIn.person.id)
  x.renewForms()
  return x.redirect("/account/logged-out")
}

const logOut: AccountHandler = async (x) => {
  await x.parts.provider.endSession(x.loggedIn.session.sid)
  x.renewForms()
  return x.redirect("/account/logged-out")
}

const loggedOut: Handler = async (x) =>
  x.show(
    plainView({
      icon: "check",
      mood: "good",
      title: x.page.t.loggedOut.title,
      lead: x.page.t.loggedOut.lead,
      next: { path: "/account", label: x.page.t.loggedOut.again },
    }),
  )

const mails: Handler = async (x) => {
  const { host, mailer } = x.parts
  if (!host.isDevelopment) throw new Refusal("notFound")
  const kept = mailer.kept.map(({ to, subject, text, at }) => ({ to, subject, text, sentAt: at }))
  return x.show(mailsView(x.page, kept, host.url, host.now()))
}

export const accountRoutes: readonly Route[] = [
  own("/account", { GET: async (x) => showProfile(x, []), POST: saveProfile }),
  fresh("/account/email", { GET: async (x) => x.redirect("/account"), POST: changeEmail }),
  own("/account/email/verification", { POST: sendVerification }),
  own("/account/sessions", { GET: sessions }),
  own("/account/sessions/end", { POST: endAll }),
  own("/account/sessions/:sid/end", { POST: endOne }),
  own("/account/logout", { POST: logOut }),
  open("/account/logged-out", { GET: loggedOut }),
  open("/account/mail", { GET: mails }),
]
