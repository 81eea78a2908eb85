import assert from "node:assert/strict"
import { afterAll, beforeAll, describe, test } from "vitest"
import { type CredentialsProgram, credentialsProgram, ORIGIN, type Person } from "./credentials-program.ts"
import { type Oddities, softwareAuthenticator, type SoftwareAuthenticator } from "./software-authenticator.ts"

let program: CredentialsProgram
beforeAll(async () => {
  program = await credentialsProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

let networks = 0
const newNetwork = (): string => `198.51.100.${++networks}`
const optionsFor = async (userId?: string) => {
  const options = await program.credentials.passkeys.assertion(newNetwork(), userId)
  assert.ok(options)
  return options
}
const register = async (person: Person, authenticator = softwareAuthenticator(ORIGIN), odd: Oddities = {}) => {
  const options = await program.credentials.passkeys.registration(person.id)
  const answer = await program.credentials.passkeys.register(person.id, authenticator.create(options, odd), "Blue key")
  return { answer, authenticator, options }
}
const withPasskey = async (): Promise<Person & { readonly authenticator: SoftwareAuthenticator }> => {
  const person = await program.user()
  const { answer, authenticator } = await register(person)
  assert.ok(answer.ok)
  return { ...person, authenticator }
}

describe("T23 passkeys", () => {
  describe("passkeys", () => {
    test("are made for this origin, found by the browser and checked for their holder", async () => {
      const person = await program.user()
      const { answer, authenticator, options } = await register(person)
      assert.ok(answer.ok)
      assert.equal(answer.recoveryCodes.length, 10)
      assert.equal(options.rp.id, "login.example.com")
      assert.equal(options.authenticatorSelection?.residentKey, "required")
      assert.equal(options.authenticatorSelection?.userVerification, "required")
      const asked = await optionsFor()
      assert.equal(asked.allowCredentials, undefined)
      assert.deepEqual(await program.credentials.passkeys.assert(authenticator.get(asked)), { userId: person.id })
      const second = await program.credentials.passkeys.registration(person.id)
      assert.deepEqual(
        second.excludeCredentials?.map(({ id }) => id),
        [authenticator.id],
      )
      await program.credentials.settled()
      assert.match(program.mail.to(person.email).at(-1)?.text ?? "", /“Blue key” was added/)
    })

    test("log in a user that was named before, and nobody else", async () => {
      const [one, other] = [await withPasskey(), await withPasskey()]
      const asked = await optionsFor(one.id)
      assert.deepEqual(
        asked.allowCredentials?.map(({ id }) => id),
        [one.authenticator.id],
      )
      assert.equal(await program.credentials.passkeys.assert(other.authenticator.get(asked)), undefined)
      const again = await optionsFor(one.id)
      assert.deepEqual(await program.credentials.passkeys.assert(one.authenticator.get(again)), { userId: one.id })
    })

    test("of another origin, rp or kind, unverified, or answering another challenge are refused", async () => {
      const person = await withPasskey()
      const odd: readonly Oddities[] = [
        { origin: "https://login.example.com.evil.example" },
        { origin: "http://login.example.com" },
        { origin: "https://example.com" },
        { rpId: "example.com" },
        { isUserVerified: false },
        { type: "webauthn.create" },
        { challenge: Buffer.from("guessed").toString("base64url") },
        { userHandle: Buffer.from((await program.user()).id).toString("base64url") },
      ]
      for (const each of odd) {
        const made = await register(await program.user(), softwareAuthenticator(ORIGIN), each)
        if (each.type === undefined && each.userHandle === undefined)
          assert.deepEqual(made.answer, { ok: false, code: "refused" }, JSON.stringify(each))
        const answer = person.authenticator.get(await optionsFor(), each)
        assert.equal(await program.credentials.passkeys.assert(answer), undefined, JSON.stringify(each))
      }
      const garbled = person.authenticator.get(await optionsFor())
      const { signature } = person.authenticator.get(await optionsFor()).response
      const forged = { ...garbled, response: { ...garbled.response, signature } }
      assert.equal(await program.credentials.passkeys.assert(forged), undefined)
      for (const rubbish of [
        {},
        { id: "x", response: {} },
        { id: person.authenticator.id, response: { clientDataJSON: "e30" } },
      ])
        assert.equal(await program.credentials.passkeys.assert(rubbish as never), undefined)
      assert.deepEqual(await program.credentials.passkeys.assert(person.authenticator.get(await optionsFor())), {
        userId: person.id,
      })
    })

    test("answer a challenge once, within five minutes, and not one that was for something else", async () => {
      const person = await withPasskey()
      const options = await optionsFor()
      const other = await program.another()
      const answer = person.authenticator.get(options)
      const uses = Array.from({ length: 5 }, (_, n) => (n % 2 ? other : program.credentials).passkeys.assert(answer))
      assert.equal((await Promise.all(uses)).filter((user) => user !== undefined).length, 1)

      const late = await optionsFor()
      program.advance(301)
      assert.equal(await program.credentials.passkeys.assert(person.authenticator.get(late)), undefined)

      const registration = await program.credentials.passkeys.registration(person.id)
      const mixed = person.authenticator.get({ ...(await optionsFor()), challenge: registration.challenge })
      assert.equal(await program.credentials.passkeys.assert(mixed), undefined)
      const foreign = await program.credentials.passkeys.registration((await program.user()).id)
      const stolen = softwareAuthenticator(ORIGIN).create(foreign)
      assert.deepEqual(await program.credentials.passkeys.register(person.id, stolen, "x"), {
        ok: false,
        code: "refused",
      })
    })

    test("whose counter goes back are refused, and the owner is told", async () => {
      const person = await withPasskey()
      const copy = person.authenticator.copy()
      assert.ok(await program.credentials.passkeys.assert(person.authenticator.get(await optionsFor())))
      assert.equal(await program.credentials.passkeys.assert(copy.get(await optionsFor())), undefined)
      await program.credentials.settled()
      assert.equal(program.mail.to(person.email).at(-1)?.subject, "A login was refused")
      assert.ok(program.log.some((line) => line.includes("counter went back")))
      assert.ok(await program.credentials.passkeys.assert(person.authenticator.get(await optionsFor())))
    })

    test("that never count, or count to the end, are as good", async () => {
      const person = await program.user()
      const silent = softwareAuthenticator(ORIGIN)
      assert.ok((await register(person, silent, { counter: 0 })).answer.ok)
      for (let n = 0; n < 2; n++)
        assert.ok(await program.credentials.passkeys.assert(silent.get(await optionsFor(), { counter: 0 })))
      const other = await withPasskey()
      const last = other.authenticator.get(await optionsFor(), { counter: 0xffff_ffff })
      assert.deepEqual(await program.credentials.passkeys.assert(last), { userId: other.id })
    })

    test("belong to one user and cannot be registered twice", async () => {
      const person = await withPasskey()
      const thief = await program.user()
      assert.deepEqual((await register(thief, person.authenticator)).answer, { ok: false, code: "refused" })
      assert.deepEqual(await program.credentials.passkeys.list(thief.id), [])
    })

    test("of an inactive user log in nobody", async () => {
      const person = await withPasskey()
      await program.db("identity.User").update(person.id as never, { active: false })
      assert.equal(await program.credentials.passkeys.assert(person.authenticator.get(await optionsFor())), undefined)
    })

    test("are renamed and removed by their user alone", async () => {
      const [one, other] = [await withPasskey(), await withPasskey()]
      const [passkey] = await program.credentials.passkeys.list(one.id)
      assert.ok(passkey)
      await program.credentials.passkeys.rename(other.id, passkey.id, "Mine")
      await program.credentials.passkeys.remove(other.id, passkey.id)
      assert.deepEqual(
        (await program.credentials.passkeys.list(one.id)).map(({ label }) => label),
        ["Blue key"],
      )
      await program.credentials.passkeys.rename(one.id, passkey.id, "Red key")
      assert.deepEqual(
        (await program.credentials.passkeys.list(one.id)).map(({ label }) => label),
        ["Red key"],
      )
      await program.credentials.passkeys.remove(one.id, passkey.id)
      assert.deepEqual(await program.credentials.factorsOf(one.id), [])
      assert.equal(await program.credentials.passkeys.assert(one.authenticator.get(await optionsFor())), undefined)
    })

    test("are at most twenty, and options are few per network", async () => {
      const person = await program.user()
      for (let n = 0; n < 20; n++) assert.ok((await register(person)).answer.ok)
      assert.deepEqual((await register(person)).answer, { ok: false, code: "too_many" })
      const network = newNetwork()
      for (let n = 0; n < 60; n++) assert.ok(await program.credentials.passkeys.assertion(network))
      assert.equal(await program.credentials.passkeys.assertion(network), undefined)
    })
  })
})
