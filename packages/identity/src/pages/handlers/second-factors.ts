/** Password, two-step verification and passkeys: whoever changes them has just proved who they are. */
import type { RegistrationResponseJSON } from "@simplewebauthn/server"
import type { Answer } from "../answer.ts"
import type { Mistake } from "../form.ts"
import { qrCode } from "../qr-code.ts"
import { Refusal } from "../refusal.ts"
import { type AccountExchange, type AccountHandler, fresh, own, type Route } from "../router.ts"
import {
  passkeyAddView,
  passkeyRenameView,
  passwordView,
  recoveryCodesView,
  removalView,
  securityView,
  type ShownPasskey,
  twoStepView,
} from "../views/security.ts"
import { type Sealed, sealed } from "../sealed.ts"
import { credentialIn } from "./login.ts"
import { passwordMistake } from "./links.ts"

const show = (x: AccountExchange, view: Parameters<AccountExchange["showRoom"]>[1], status = 200): Answer =>
  x.showRoom("security", view, view.isRefusal === true ? 422 : status)

const passkeysOf = async (x: AccountExchange): Promise<readonly ShownPasskey[]> =>
  (await x.parts.credentials.passkeys.list(x.loggedIn.person.id)).map((one) => ({
    ...one,
    label: one.label ?? x.page.t.passkeys.unnamed,
  }))

const security: AccountHandler = async (x) => {
  const { credentials, host } = x.parts
  const { id } = x.loggedIn.person
  const [hasPassword, factors, recoveryCodes, passkeys] = await Promise.all([
    credentials.passwords.has(id),
    credentials.factorsOf(id),
    credentials.recoveryCodes.remaining(id),
    passkeysOf(x),
  ])
  const { t } = x.page
  const notices: Readonly<Record<string, string>> = {
    password: t.password.changed,
    off: t.twoStep.offDone,
    passkey: t.passkeys.added,
    renamed: t.passkeys.renamed,
    removed: t.passkeys.removed,
  }
  const said = x.url.searchParams.get("said") ?? ""
  return show(
    x,
    securityView(x.page, {
      hasPassword,
      hasTotp: factors.includes("totp"),
      recoveryCodes,
      passkeys,
      now: host.now(),
      notice: Object.hasOwn(notices, said) ? notices[said] : undefined,
    }),
  )
}

// -- password

async function showPassword(x: AccountExchange, mistakes: readonly Mistake[]): Promise<Answer> {
  const { id, email } = x.loggedIn.person
  return show(x, passwordView(x.page, { email, hasPassword: await x.parts.credentials.passwords.has(id), mistakes }))
}

const changePassword: AccountHandler = async (x) => {
  const { person, session } = x.loggedIn
  const password = x.form.get("password") ?? ""
  if (password === "") return showPassword(x, [{ field: "password", text: x.page.t.password.missing }])
  const verdict = await x.parts.credentials.passwords.change(person.id, password, session.sid)
  const mistake = passwordMistake(x.page.t, password, verdict)
  if (mistake) return showPassword(x, [mistake])
  x.renewForms()
  return x.redirect("/account/security?said=password")
}

// -- authenticator app

/** What an authenticator app is given; it goes along with the form, so that a mistyped code does not mean another picture. */
interface Begun {
  readonly userId: string
  readonly uri: string
  readonly secret: string
}

const BEGUN_SECONDS = 15 * 60

const begunOf = (x: AccountExchange): Sealed<Begun> =>
  sealed(x.parts.secrets, () => x.parts.host.now(), "page-two-step", BEGUN_SECONDS)

async function showTwoStep(x: AccountExchange, mistakes: readonly Mistake[]): Promise<Answer> {
  const { id: userId } = x.loggedIn.person
  const known = begunOf(x).read(x.form.get("begun"))
  const begun = known?.userId === userId ? known : { userId, ...(await x.parts.credentials.totp.begin(userId)) }
  const { uri, secret } = begun
  const picture = await qrCode(uri, x.page.t.twoStep.picture)
  return show(x, twoStepView(x.page, { picture, secret, begun: begunOf(x).write(begun), mistakes }))
}

const beginTwoStep: AccountHandler = async (x) => {
  const factors = await x.parts.credentials.factorsOf(x.loggedIn.person.id)
  return factors.includes("totp") ? x.redirect("/account/security") : showTwoStep(x, [])
}

const confirmTwoStep: AccountHandler = async (x) => {
  const code = (x.form.get("code") ?? "").replaceAll(/\s/g, "")
  const { t } = x.page
  if (code === "") return showTwoStep(x, [{ field: "code", text: t.factor.missing }])
  const codes = await x.parts.credentials.totp.confirm(x.loggedIn.person.id, code, x.network)
  if (!codes) return showTwoStep(x, [{ field: "code", text: t.twoStep.refused }])
  // The codes are shown by the answer itself: nothing keeps them for a page that would come after.
  return show(x, recoveryCodesView(x.page, codes, false))
}

const askTurnOff: AccountHandler = async (x) => {
  const { twoStep: t } = x.page.t
  return show(
    x,
    removalView(x.page, { title: t.offTitle, lead: t.offLead, action: "/account/two-step/off", submit: t.off }),
  )
}

const turnOff: AccountHandler = async (x) => {
  await x.parts.credentials.totp.remove(x.loggedIn.person.id)
  return x.redirect("/account/security?said=off")
}

const newRecoveryCodes: AccountHandler = async (x) =>
  show(x, recoveryCodesView(x.page, await x.parts.credentials.recoveryCodes.renew(x.loggedIn.person.id), true))

// -- passkeys

const MAX_LABEL = 100

const labelIn = (x: AccountExchange): string => (x.form.get("label") ?? "").trim().slice(0, MAX_LABEL)

const showAdd = (x: AccountExchange, label: string, mistakes: readonly Mistake[]): Answer =>
  show(x, passkeyAddView(x.page, { label, mistakes }))

const passkeyOptions: AccountHandler = async (x) =>
  x.json(await x.parts.credentials.passkeys.registration(x.loggedIn.person.id))

const addPasskey: AccountHandler = async (x) => {
  const { t } = x.page
  const label = labelIn(x) || t.passkeys.unnamed
  const response = credentialIn(x) as RegistrationResponseJSON | undefined
  if (!response) return showAdd(x, label, [{ text: t.passkeys.refused }])
  const answer = await x.parts.credentials.passkeys.register(x.loggedIn.person.id, response, label)
  if (!answer.ok) {
    return showAdd(x, label, [{ text: answer.code === "too_many" ? t.passkeys.tooMany : t.passkeys.refused }])
  }
  if (answer.recoveryCodes.length > 0) return show(x, recoveryCodesView(x.page, answer.recoveryCodes, false))
  return x.redirect("/account/security?said=passkey")
}

async function passkeyOf(x: AccountExchange): Promise<ShownPasskey> {
  const found = (await passkeysOf(x)).find(({ id }) => id === x.params["id"])
  if (!found) throw new Refusal("notFound")
  return found
}

const askRename: AccountHandler = async (x) => {
  const { id, label } = await passkeyOf(x)
  return show(x, passkeyRenameView(x.page, { id, label, mistakes: [] }))
}

const rename: AccountHandler = async (x) => {
  const { id } = await passkeyOf(x)
  const label = labelIn(x)
  if (label === "") {
    const mistakes = [{ field: "label", text: x.page.t.passkeys.labelMissing }]
    return show(x, passkeyRenameView(x.page, { id, label, mistakes }))
  }
  await x.parts.credentials.passkeys.rename(x.loggedIn.person.id, id, label)
  return x.redirect("/account/security?said=renamed")
}

const askRemove: AccountHandler = async (x) => {
  const { id, label } = await passkeyOf(x)
  const { t } = x.page
  return show(
    x,
    removalView(x.page, {
      title: t.passkeys.removeTitle,
      lead: t.passkeys.removeLead(label),
      action: `/account/passkeys/${id}/remove`,
      submit: t.common.remove,
    }),
  )
}

const remove: AccountHandler = async (x) => {
  const { id } = await passkeyOf(x)
  await x.parts.credentials.passkeys.remove(x.loggedIn.person.id, id)
  return x.redirect("/account/security?said=removed")
}

/** Where forms lead that stand on another page: for whoever comes back there by the language or the history. */
const toSecurity: AccountHandler = async (x) => x.redirect("/account/security")

export const secondFactorRoutes: readonly Route[] = [
  own("/account/security", { GET: security }),
  fresh("/account/password", { GET: (x) => showPassword(x, []), POST: changePassword }),
  fresh("/account/two-step", { GET: beginTwoStep, POST: confirmTwoStep }),
  fresh("/account/two-step/off", { GET: askTurnOff, POST: turnOff }),
  fresh("/account/recovery-codes", { GET: toSecurity, POST: newRecoveryCodes }),
  fresh("/account/passkeys/new", { GET: async (x) => showAdd(x, "", []) }),
  fresh("/account/passkeys", { GET: toSecurity, POST: addPasskey }),
  fresh("/account/passkeys/options", { POST: passkeyOptions }),
  fresh("/account/passkeys/:id/rename", { GET: askRename, POST: rename }),
  fresh("/account/passkeys/:id/remove", { GET: askRemove, POST: remove }),
]
