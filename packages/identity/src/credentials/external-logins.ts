import type { Id } from "@archipel/core"
import type { Database } from "@archipel/data"
import { type Account, type Accounts, isUuid } from "./accounts.ts"
import type { ExternalLogins, ExternalOutcome } from "./credentials.ts"
import { createExternalClient, type ExternalRequest } from "./external-client.ts"
import { decideExternal, type ExternalIdentity } from "./external-decision.ts"
import { type ExternalIssuer, externalIssuers } from "./external-issuers.ts"
import type { Notices } from "./notices.ts"
import { type CredentialsParts, userKey } from "./parts.ts"
import type { RateLimit, Rates } from "./rates.ts"
import type { SingleUse } from "./single-use.ts"

const REQUEST_SECONDS = 600
const PENDING_SECONDS = 900
const MAX_LISTED = 100
const begun: RateLimit = { per: 30, seconds: 300 }

interface Begun extends ExternalRequest {
  readonly issuer: string
  readonly linkTo?: string
}

interface Pending {
  readonly userId: string
  readonly issuer: string
  readonly subject: string
  readonly email?: string
}

interface ExternalTools {
  readonly accounts: Accounts
  readonly notices: Notices
  readonly rates: Rates
  readonly singleUse: SingleUse
}

/** @throws TypeError if `LOGIN_ISSUERS` is wrong */
export function createExternalLogins(
  parts: CredentialsParts,
  { accounts, notices, rates, singleUse }: ExternalTools,
): ExternalLogins {
  const { db, database, log } = parts
  const issuers = externalIssuers(parts.env, parts.isDevelopment)
  const named = (name: string): ExternalIssuer | undefined => issuers.find((each) => each.name === name)
  const client = createExternalClient({
    redirectUri: ({ name }) => `${parts.publicUrl}/account/external/${name}/callback`,
    now: parts.now,
  })
  const failed: ExternalOutcome = { kind: "refused", code: "external.failed" }

  const linkedAccount = async (issuer: ExternalIssuer, subject: string): Promise<Account | undefined> => {
    const userId = await database.text(owner, [issuer.issuer, subject])
    return userId === null ? undefined : accounts.byId(userId)
  }
  /** @returns whether it is that user's now; another's it stays. */
  const store = async (issuer: ExternalIssuer, userId: string, identity: Omit<Pending, "userId" | "issuer">) => {
    const { subject, email } = identity
    const before = await linkedAccount(issuer, subject)
    if (before !== undefined) return before.id === userId
    try {
      await db("an outside login was linked")("identity.ExternalLogin").create({
        user: userKey(userId),
        issuer: issuer.issuer,
        subject,
        ...(email === undefined ? {} : { email }),
      })
    } catch (error) {
      if ((error as { code?: unknown }).code !== "record.duplicate") throw error
      return (await linkedAccount(issuer, subject))?.id === userId
    }
    await notices.tell(userId, { about: "external_linked", issuer: issuer.label })
    return true
  }
  const create = async (issuer: ExternalIssuer, identity: ExternalIdentity, email: string, name: string) =>
    db("somebody logged in from outside for the first time").transaction("identity", async (tx) => {
      const { id } = await tx("identity.User").create({ name, email, emailVerified: true })
      const { subject } = identity
      await tx("identity.ExternalLogin").create({ user: id, issuer: issuer.issuer, subject, email })
      return id
    })
  const conclude = async (
    issuer: ExternalIssuer,
    identity: ExternalIdentity,
    linkTo: string | undefined,
  ): Promise<ExternalOutcome> => {
    const linked = await linkedAccount(issuer, identity.subject)
    const sameAddress = identity.email === undefined ? undefined : await accounts.byEmail(identity.email)
    const target = linkTo === undefined ? undefined : await accounts.byId(linkTo)
    if (linkTo !== undefined && target === undefined) return failed
    const decision = decideExternal(issuer, identity, {
      ...(linked ? { linked } : {}),
      ...(sameAddress ? { sameAddress } : {}),
      ...(target ? { linkTo: target } : {}),
    })
    const { name } = issuer
    switch (decision.do) {
      case "login":
        return { kind: "login", userId: decision.userId, issuer: name }
      case "link": {
        const { userId } = decision
        if (!(await store(issuer, userId, identity))) return { kind: "refused", code: "external.taken" }
        return { kind: linkTo === undefined ? "login" : "linked", userId, issuer: name }
      }
      case "create":
        return { kind: "created", userId: await create(issuer, identity, decision.email, decision.name), issuer: name }
      case "ask": {
        const { subject, email } = identity
        const pending: Pending = { userId: decision.userId, issuer: name, subject, ...(email ? { email } : {}) }
        return {
          kind: "login_first",
          pending: await singleUse.put("ExternalPending", pending, PENDING_SECONDS),
          issuer: name,
        }
      }
      case "refuse":
        return { kind: "refused", code: decision.code }
    }
  }

  return {
    issuers,
    async begin(name, network, linkTo) {
      const issuer = named(name)
      if (issuer === undefined || !(await rates.take(`external:${network}`, begun)).ok) return undefined
      try {
        const { url, request } = await client.begin(issuer)
        const value: Begun = { ...request, issuer: name, ...(linkTo === undefined ? {} : { linkTo }) }
        return { url, binding: await singleUse.put("ExternalLogin", value, REQUEST_SECONDS) }
      } catch (error) {
        log.error("an outside issuer cannot be used", error, { issuer: name })
        return undefined
      }
    },
    async finish(name, url, binding) {
      const issuer = named(name)
      const request = await singleUse.take<Begun>("ExternalLogin", binding)
      if (issuer === undefined || request?.issuer !== name || !URL.canParse(url)) return failed
      let identity: ExternalIdentity
      try {
        identity = await client.finish(issuer, new URL(url), request)
      } catch (error) {
        log.error("a login at an outside issuer failed", error, { issuer: name })
        return failed
      }
      try {
        return await conclude(issuer, identity, request.linkTo)
      } catch (error) {
        if ((error as { code?: unknown }).code !== "record.duplicate") throw error
        // Somebody with the same address or login was made meanwhile: what is there now decides.
        return conclude(issuer, identity, request.linkTo)
      }
    },
    async link(userId, pending) {
      const found = await singleUse.take<Pending>("ExternalPending", pending)
      const issuer = found && named(found.issuer)
      // Only to the account that has the address: who is handed a stranger's link does not let the stranger in.
      return issuer !== undefined && found?.userId === userId && store(issuer, userId, found)
    },
    async list(userId) {
      const found = await db("read a user's outside logins")("identity.ExternalLogin").find({
        select: ["issuer", "email"],
        where: { user: userKey(userId) },
        limit: MAX_LISTED,
      })
      return found.map(({ id, issuer, email }) => ({ id, issuer, email }))
    },
    async unlink(userId, id) {
      if (!isUuid(id)) return false
      const { rows } = await database.query<{ issuer: string }>(remaining, [id, userId])
      const row = rows[0]
      if (row === undefined) return false
      await db("a user unlinked an outside login")("identity.ExternalLogin").delete(id as Id<"identity.ExternalLogin">)
      await notices.tell(userId, { about: "external_unlinked", issuer: labelOf(issuers, row.issuer) })
      return true
    },
  }
}

const labelOf = (issuers: readonly ExternalIssuer[], issuer: string): string =>
  issuers.find((each) => each.issuer === issuer)?.label ?? issuer

const owner: Parameters<Database["text"]>[0] = {
  name: "identity_external_owner",
  text: "select user_id from external_logins where issuer = $1 and subject = $2",
}
/** The login, if its user has another way to log in. */
const remaining = {
  name: "identity_external_remaining",
  text: `select e.issuer from external_logins e where e.id = $1 and e.user_id = $2 and (
    exists (select from external_logins o where o.user_id = $2 and o.id <> $1)
    or exists (select from credentials c where c.user_id = $2 and c.confirmed and c.kind in ('password', 'passkey')))`,
}
