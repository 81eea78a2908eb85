import assert from "node:assert/strict"
import { afterAll, beforeAll, describe, test } from "vitest"
import { linkMinutes } from "../../src/credentials/links.ts"
import {
  type CredentialsProgram,
  credentialsProgram,
  ORIGIN,
  OTHER_PASSWORD,
  PASSWORD,
  type Person,
  ROUNDS,
} from "./credentials-program.ts"

let program: CredentialsProgram
beforeAll(async () => {
  program = await credentialsProgram({ env: { IDENTITY_REGISTRATION: "open" } })
})
afterAll(() => program[Symbol.asyncDispose]())

let networks = 0
const newNetwork = (): string => `198.51.100.${++networks}`
const withPassword = async (values: Parameters<CredentialsProgram["user"]>[0] = {}): Promise<Person> => {
  const person = await program.user(values)
  await program.credentials.passwords.seed(person.id, PASSWORD)
  return person
}
const canSignIn = async (email: string, password: string): Promise<boolean> =>
  (await program.credentials.signIn({ email, password, network: newNetwork(), device: "" })).ok
const history = (recordId: string) =>
  program.database.text(
    { text: "select string_agg(reason, '; ' order by id) from archipel.history where record_id = $1" },
    [recordId],
  )

describe("T23 links in mails", () => {
  describe("links", () => {
    test("of five uses at the same time exactly one wins", async () => {
      const { id } = await program.user()
      const other = await program.another()
      for (let round = 0; round < ROUNDS; round++) {
        const secret = await program.credentials.links.make("reset", { userId: id })
        const uses = Array.from({ length: 5 }, (_, n) =>
          (n % 2 ? other : program.credentials).links.use("reset", secret),
        )
        assert.equal((await Promise.all(uses)).filter((content) => content !== undefined).length, 1, `round ${round}`)
      }
    })

    test("of five forms with a new password at the same time exactly one sets it", async () => {
      const { id, email } = await withPassword()
      for (let round = 0; round < ROUNDS / 4; round++) {
        const secret = await program.credentials.links.make("reset", { userId: id, email })
        const passwords = Array.from({ length: 5 }, (_, n) => `quiet-river-${round}-${n}-lantern`)
        const answers = await Promise.all(
          passwords.map((password) => program.credentials.recovery.finish(secret, password)),
        )
        assert.equal(answers.filter(({ ok }) => ok).length, 1)
        const winner = passwords[answers.findIndex(({ ok }) => ok)] as string
        assert.equal(await canSignIn(email, winner), true)
      }
    })

    test("work as long as they say, for what they were made, and looking does not use them", async () => {
      const { id } = await program.user()
      const { links } = program.credentials
      for (const kind of ["verify", "reset", "invite", "change", "login"] as const) {
        const secret = await links.make(kind, { userId: id })
        assert.equal((await links.look(kind, secret))?.userId, id)
        assert.equal(await links.use(kind === "reset" ? "login" : "reset", secret), undefined)
        program.advance(linkMinutes[kind] * 60 - 1)
        assert.equal((await links.look(kind, secret))?.userId, id)
        program.advance(1)
        assert.equal(await links.use(kind, secret), undefined, kind)
      }
      for (const odd of ["", "x", "../../x", "é".repeat(43), "a".repeat(43), "a".repeat(100_000)])
        assert.equal(await links.use("reset", odd), undefined)
    })

    test("a new one voids the older of its kind, also when they are made at the same time", async () => {
      const { id } = await program.user()
      const { links } = program.credentials
      const login = await links.make("login", { userId: id })
      const secrets = await Promise.all(Array.from({ length: 5 }, () => links.make("reset", { userId: id })))
      const seen = await Promise.all(secrets.map((secret) => links.look("reset", secret)))
      assert.equal(seen.filter((content) => content !== undefined).length, 1)
      assert.ok(await links.use("login", login))
    })

    test("the database does not hold them", async () => {
      const { id } = await program.user()
      const secret = await program.credentials.links.make("reset", { userId: id })
      const stored = await program.database.text({ text: "select string_agg(links::text, ' ') from links" })
      assert.ok(!stored?.includes(secret))
    })
  })

  describe("a forgotten password", () => {
    test("is replaced by a link; sessions end, waits are over, the owner is told", async () => {
      const { id, email } = await withPassword()
      const network = newNetwork()
      for (let n = 0; n < 6; n++) await program.credentials.signIn({ email, password: "wrong", network, device: "" })
      await program.credentials.recovery.begin(email, network)
      const secret = await program.linkTo(email, "reset")
      const done = await program.credentials.recovery.finish(secret, OTHER_PASSWORD)
      assert.deepEqual(done, { ok: true, userId: id })
      assert.equal(await canSignIn(email, PASSWORD), false)
      const again = await program.credentials.signIn({ email, password: OTHER_PASSWORD, network, device: "" })
      assert.equal(again.ok, true)
      assert.deepEqual(await program.credentials.recovery.finish(secret, PASSWORD), { ok: false, code: "link.invalid" })
      assert.ok(program.ended.some(({ userId, except }) => userId === id && except === undefined))
      await program.credentials.settled()
      assert.equal(program.mail.to(email).at(-1)?.subject, "Your password was changed")
    })

    test("a weak one leaves the link usable", async () => {
      const { id, email } = await withPassword()
      await program.credentials.recovery.begin(email, newNetwork())
      const secret = await program.linkTo(email, "reset")
      for (const weak of ["short", "password123", `${email}1`, "Vera Example", "aaaaaaaaaaaa"]) {
        const answer = await program.credentials.recovery.finish(secret, weak)
        assert.ok(!answer.ok && answer.code === "password.refused", weak)
      }
      assert.deepEqual(await program.credentials.recovery.finish(secret, OTHER_PASSWORD), { ok: true, userId: id })
    })

    test("asking tells nobody whether there is an account, and does nothing else before the answer", async () => {
      const { email } = await withPassword()
      const { email: inactive } = await withPassword({ active: false })
      const answers = await Promise.all(
        [email, inactive, "nobody@example.com"].map(async (address) => {
          const hashes = program.credentials.hashesComputed
          const answer = JSON.stringify(await program.credentials.recovery.begin(address, newNetwork()))
          return { answer, hashes: program.credentials.hashesComputed - hashes }
        }),
      )
      assert.deepEqual(answers, Array(3).fill({ answer: '{"ok":true}', hashes: 0 }))
      await program.credentials.settled()
      assert.deepEqual(
        [email, inactive, "nobody@example.com"].map((address) => program.mail.to(address).length),
        [1, 0, 0],
      )
    })

    test("mails are few: per address and network, whether or not there is an account", async () => {
      const { email } = await withPassword()
      const network = newNetwork()
      for (const address of [email, "ghost@example.com"]) {
        for (let n = 0; n < 3; n++)
          assert.deepEqual(await program.credentials.recovery.begin(address, network), { ok: true })
        assert.deepEqual(await program.credentials.recovery.begin(address, network), {
          ok: false,
          retryAfterSeconds: 300,
        })
      }
      await program.credentials.settled()
      assert.equal(program.mail.to(email).length, 3)
    })

    test("a link to an address that the account left since does not work", async () => {
      const { id, email } = await withPassword()
      await program.credentials.recovery.begin(email, newNetwork())
      const secret = await program.linkTo(email, "reset")
      await program.db("identity.User").update(id as never, { email: `left.${email}` })
      assert.deepEqual(await program.credentials.recovery.finish(secret, OTHER_PASSWORD), {
        ok: false,
        code: "link.invalid",
      })
    })

    test("second factors stay", async () => {
      const { id, email } = await withPassword()
      const { secret: seed } = await program.credentials.totp.begin(id)
      const { Secret, TOTP } = await import("otpauth")
      const code = new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: program.now.getTime() })
      assert.ok(await program.credentials.totp.confirm(id, code, newNetwork()))
      await program.credentials.recovery.begin(email, newNetwork())
      await program.credentials.recovery.finish(await program.linkTo(email, "reset"), OTHER_PASSWORD)
      assert.deepEqual(await program.credentials.factorsOf(id), ["totp", "recovery"])
    })
  })

  describe("an account that somebody made with an address that is not theirs", () => {
    const prepared = async (): Promise<Person> => {
      const victim = await withPassword({ emailVerified: false })
      await program.db("identity.ExternalLogin").create({
        user: victim.id as never,
        issuer: "https://elsewhere.example",
        subject: `thief-${victim.id}`,
      })
      return victim
    }
    const remains = async ({ id }: Person) =>
      (await program.db("identity.Credential").count({ user: id as never })) +
      (await program.db("identity.ExternalLogin").count({ user: id as never }))

    test("loses what its maker could log in with when the owner resets the password", async () => {
      const victim = await prepared()
      await program.credentials.recovery.begin(victim.email, newNetwork())
      await program.credentials.recovery.finish(await program.linkTo(victim.email, "reset"), OTHER_PASSWORD)
      assert.equal(await canSignIn(victim.email, PASSWORD), false)
      assert.equal(await canSignIn(victim.email, OTHER_PASSWORD), true)
      assert.equal(await remains(victim), 1)
      assert.ok(program.ended.some(({ userId }) => userId === victim.id))
      const user = await program.db("identity.User").get(victim.id as never, { select: ["emailVerified"] })
      assert.equal(user?.emailVerified, true)
      assert.match((await history(victim.id)) ?? "", /the owner of an address proved it/)
    })

    test("or confirms the address without being logged in; the maker who is keeps what is theirs", async () => {
      const victim = await prepared()
      await program.credentials.email.verification(victim.id, newNetwork())
      assert.deepEqual(await program.credentials.email.verify(await program.linkTo(victim.email, "verify")), {
        userId: victim.id,
      })
      assert.equal(await remains(victim), 0)

      const maker = await prepared()
      await program.credentials.email.verification(maker.id, newNetwork())
      await program.credentials.email.verify(await program.linkTo(maker.email, "verify"), maker.id)
      assert.equal(await remains(maker), 2)
      assert.equal(await canSignIn(maker.email, PASSWORD), true)
    })
  })

  describe("invitations", () => {
    test("set the first password and prove the address", async () => {
      const inviter = await program.user()
      const { id, email } = await program.user({ emailVerified: false, locale: "fr-CH" })
      await program.credentials.invitations.send(id, inviter.id)
      const secret = await program.linkTo(email, "invite")
      const mail = program.mail.to(email).at(-1)
      assert.equal(mail?.subject, "Votre invitation à Archipel")
      assert.match(mail?.text ?? "", /Vera Example vous a créé un compte/)
      assert.deepEqual(await program.credentials.invitations.accept(secret, PASSWORD), { ok: true, userId: id })
      assert.equal(await canSignIn(email, PASSWORD), true)
      assert.deepEqual(await program.credentials.invitations.accept(secret, OTHER_PASSWORD), {
        ok: false,
        code: "link.invalid",
      })
    })
  })

  describe("registering", () => {
    test("begins an account where the address is proved, and nothing before", async () => {
      const email = "new.customer@example.com"
      assert.deepEqual(
        await program.credentials.registration.begin({ email: "New.Customer@Example.com" }, newNetwork()),
        {
          ok: true,
        },
      )
      const secret = await program.linkTo(email, "register")
      assert.equal(await program.db("identity.User").count({ email }), 0)
      const weak = await program.credentials.registration.finish(secret, {
        name: "New Customer",
        password: "newcustomer1",
      })
      assert.ok(!weak.ok && weak.code === "password.refused")
      const done = await program.credentials.registration.finish(secret, { name: "New Customer", password: PASSWORD })
      assert.ok(done.ok)
      assert.equal(await canSignIn(email, PASSWORD), true)
    })

    test("answers the same for an address that has an account, whose owner gets a word and no link to register", async () => {
      const { email } = await withPassword()
      const answer = await program.credentials.registration.begin({ email }, newNetwork())
      assert.deepEqual(
        answer,
        await program.credentials.registration.begin({ email: "free@example.com" }, newNetwork()),
      )
      await program.credentials.settled()
      assert.equal(program.mail.to(email).at(-1)?.subject, "You have an account at Archipel")
      await assert.rejects(program.linkTo(email, "register"))
    })

    test("of five forms at the same time one makes the account", async () => {
      const email = "race@example.com"
      await program.credentials.registration.begin({ email }, newNetwork())
      const secret = await program.linkTo(email, "register")
      const answers = await Promise.all(
        Array.from({ length: 5 }, () =>
          program.credentials.registration.finish(secret, { name: "Race", password: PASSWORD }),
        ),
      )
      assert.equal(answers.filter(({ ok }) => ok).length, 1)
      assert.equal(await program.db("identity.User").count({ email }), 1)
    })

    test("is off where nobody opened it", async () => {
      await using closed = await credentialsProgram()
      assert.equal(closed.credentials.registration.isOpen, false)
      await closed.credentials.registration.begin({ email: "somebody@example.com" }, newNetwork())
      await closed.credentials.settled()
      assert.equal(closed.mail.mails.length, 0)
    })
  })

  describe("another e-mail address", () => {
    const changed = async () => {
      const person = await withPassword()
      const newEmail = `new.${person.email}`
      await program.credentials.email.begin(person.id, newEmail, newNetwork())
      const secret = await program.linkTo(newEmail, "change")
      assert.deepEqual(await program.credentials.email.confirm(secret), { userId: person.id })
      return { ...person, newEmail }
    }

    test("is confirmed there, told at the old one, which gets a way back", async () => {
      const { id, email, newEmail } = await changed()
      assert.equal(await canSignIn(newEmail, PASSWORD), true)
      assert.equal(await canSignIn(email, PASSWORD), false)
      await program.credentials.settled()
      assert.deepEqual(
        program.mail.to(email).map(({ subject }) => subject),
        ["Your e-mail address is about to change", "Your e-mail address was changed"],
      )
      assert.match((await history(id)) ?? "", /a user confirmed another address/)
    })

    test("an owner takes a stolen account back, whatever the thief did to it", async () => {
      const { id, email, newEmail } = await changed()
      const wayBack = await program.linkTo(email, "restore")
      // The thief goes on: a new password, an app, one more address, and asks for a new password there.
      await program.credentials.passwords.change(id, OTHER_PASSWORD)
      const { secret: seed } = await program.credentials.totp.begin(id)
      const { Secret, TOTP } = await import("otpauth")
      const code = new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: program.now.getTime() })
      await program.credentials.totp.confirm(id, code, newNetwork())
      const third = `third.${email}`
      await program.credentials.email.begin(id, third, newNetwork())
      await program.credentials.email.confirm(await program.linkTo(third, "change"))
      const thiefsWayBack = await program.linkTo(newEmail, "restore")
      await program.credentials.recovery.begin(third, newNetwork())
      const thiefsReset = await program.linkTo(third, "reset")

      const restored = await program.credentials.email.restore(wayBack)
      assert.equal(restored?.userId, id)
      assert.ok(program.ended.some(({ userId, except }) => userId === id && except === undefined))
      assert.deepEqual(await program.credentials.factorsOf(id), [])
      assert.equal(await canSignIn(email, OTHER_PASSWORD), false)
      assert.equal(await program.credentials.email.restore(thiefsWayBack), undefined)
      assert.deepEqual(await program.credentials.recovery.finish(thiefsReset, OTHER_PASSWORD), {
        ok: false,
        code: "link.invalid",
      })
      const done = await program.credentials.recovery.finish(restored?.reset ?? "", "quiet-river-77-lantern")
      assert.deepEqual(done, { ok: true, userId: id })
      assert.equal(await canSignIn(email, "quiet-river-77-lantern"), true)
    })

    test("that somebody else has is not said to be taken: its owner gets a mail", async () => {
      const [one, other] = [await withPassword(), await withPassword()]
      const free = await program.credentials.email.begin(one.id, "free.address@example.com", newNetwork())
      assert.deepEqual(await program.credentials.email.begin(one.id, other.email, newNetwork()), free)
      await program.credentials.settled()
      assert.match(program.mail.to(other.email).at(-1)?.subject ?? "", /Another account asked/)
      await assert.rejects(program.linkTo(other.email, "change"))
    })

    test("links to the old address do not open the account any more", async () => {
      const person = await withPassword()
      await program.credentials.recovery.begin(person.email, newNetwork())
      const reset = await program.linkTo(person.email, "reset")
      const newEmail = `moved.${person.email}`
      await program.credentials.email.begin(person.id, newEmail, newNetwork())
      await program.credentials.email.confirm(await program.linkTo(newEmail, "change"))
      assert.deepEqual(await program.credentials.recovery.finish(reset, OTHER_PASSWORD), {
        ok: false,
        code: "link.invalid",
      })
    })

    test("what is no address, or several, gets no mail", async () => {
      const { id } = await withPassword()
      const before = program.mail.mails.length
      for (const odd of [
        "",
        "x",
        "a@b@c",
        "a@example.com,b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "<a@example.com>",
      ])
        assert.deepEqual(await program.credentials.email.begin(id, odd, newNetwork()), { ok: true })
      await program.credentials.settled()
      assert.equal(program.mail.mails.length, before)
    })
  })

  describe("a changed password", () => {
    test("keeps the session that changed it, ends the others, and tells the owner", async () => {
      const { id, email } = await withPassword()
      assert.deepEqual(await program.credentials.passwords.change(id, "short"), {
        ok: false,
        code: "too_short",
        advice: "none",
      })
      assert.deepEqual(await program.credentials.passwords.change(id, OTHER_PASSWORD, "this-session"), { ok: true })
      assert.deepEqual(program.ended.at(-1), { userId: id, except: "this-session" })
      assert.equal(await canSignIn(email, OTHER_PASSWORD), true)
      await program.credentials.settled()
      const mail = program.mail.to(email).at(-1)
      assert.match(mail?.text ?? "", /was changed/)
      assert.ok(mail?.html.includes(`${ORIGIN}/account`))
    })

    test("of two at the same time there is one in the end", async () => {
      const { id } = await program.user()
      await Promise.all(
        [PASSWORD, OTHER_PASSWORD].map((password) => program.credentials.passwords.change(id, password)),
      )
      assert.equal(await program.db("identity.Credential").count({ user: id as never, kind: "password" }), 1)
    })
  })
})
