import assert from "node:assert/strict"
import { Secret, TOTP } from "otpauth"
import { afterAll, beforeAll, describe, test } from "vitest"
import { wrongTotpCodes, wrongTotpCodesOfAll } from "../../src/credentials/totp.ts"
import { type CredentialsProgram, credentialsProgram, PASSWORD, type Person, ROUNDS } from "./credentials-program.ts"

let program: CredentialsProgram
beforeAll(async () => {
  program = await credentialsProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

const NETWORK = "198.51.100.1"
let networks = 0
const newNetwork = (): string => `203.0.113.${++networks}`

interface WithApp extends Person {
  readonly secret: string
  readonly codes: readonly string[]
}
const codeOf = (secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: program.now.getTime() + steps * 30_000 })
/** Never the right one now or around it. */
const wrongCode = (secret: string): string => {
  const right = new Set([-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps)))
  return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !right.has(code)) as string
}
const withApp = async (): Promise<WithApp> => {
  const person = await program.user()
  const { secret } = await program.credentials.totp.begin(person.id)
  const codes = await program.credentials.totp.confirm(person.id, codeOf(secret), NETWORK)
  assert.ok(codes)
  program.advance(90)
  return { ...person, secret, codes }
}
const check = ({ id }: Person, code: string, network = NETWORK) => program.credentials.checkTotp(id, code, network)

describe("T23 second factors", () => {
  describe("authenticator apps", () => {
    test("are in force when their first code was right, and bring ten recovery codes", async () => {
      const { id, email } = await program.user()
      await program.credentials.passwords.seed(id, PASSWORD)
      const { uri, secret } = await program.credentials.totp.begin(id)
      assert.match(uri, /^otpauth:\/\/totp\/Archipel:/)
      assert.ok(uri.includes(encodeURIComponent(email)) && uri.includes(secret))
      assert.equal(await program.credentials.totp.confirm(id, wrongCode(secret), NETWORK), undefined)
      assert.deepEqual(await program.credentials.factorsOf(id), [])
      const codes = await program.credentials.totp.confirm(id, codeOf(secret), NETWORK)
      assert.equal(new Set(codes).size, 10)
      const answer = await program.credentials.signIn({ email, password: PASSWORD, network: NETWORK, device: "" })
      assert.deepEqual(answer, { ok: true, userId: id, factors: ["totp", "recovery"] })
      await program.credentials.settled()
      assert.match(program.mail.to(email).at(-1)?.subject ?? "", /authenticator app was added/)
    })

    test("an app that is being added does not replace the one in force", async () => {
      const person = await withApp()
      await program.credentials.totp.begin(person.id)
      assert.equal(await check(person, codeOf(person.secret)), true)
    })

    test("take a code once, one step to both sides, and never an older one after a newer", async () => {
      const person = await withApp()
      assert.equal(await check(person, codeOf(person.secret, -2)), false)
      assert.equal(await check(person, codeOf(person.secret, 2)), false)
      assert.equal(await check(person, codeOf(person.secret, 1)), true)
      assert.equal(await check(person, codeOf(person.secret, 1)), false)
      assert.equal(await check(person, codeOf(person.secret, 0)), false)
      program.advance(90)
      const code = codeOf(person.secret)
      assert.equal(await check(person, `${code.slice(0, 3)} ${code.slice(3)}`), true)
      for (const odd of ["", "12345", "1234567", "abcdef", "１２３４５６"])
        assert.equal(await check(person, odd, newNetwork()), false)
    })

    test("the code that confirmed an app is used up", async () => {
      const { id } = await program.user()
      const { secret } = await program.credentials.totp.begin(id)
      const code = codeOf(secret)
      assert.ok(await program.credentials.totp.confirm(id, code, NETWORK))
      assert.equal(await program.credentials.checkTotp(id, code, NETWORK), false)
    })

    test("of five uses of one code at the same time exactly one wins", async () => {
      const person = await withApp()
      const other = await program.another()
      for (let round = 0; round < ROUNDS; round++) {
        program.advance(60)
        const code = codeOf(person.secret)
        const uses = Array.from({ length: 5 }, (_, n) =>
          (n % 2 ? other : program.credentials).checkTotp(person.id, code, `192.0.2.${n}`),
        )
        assert.equal((await Promise.all(uses)).filter(Boolean).length, 1, `round ${round}`)
        program.advance(3_600)
      }
    })

    test("wrong codes make the network wait, and only it", async () => {
      const person = await withApp()
      const attacker = newNetwork()
      for (let n = 0; n < wrongTotpCodes.per; n++)
        assert.equal(await check(person, wrongCode(person.secret), attacker), false)
      assert.equal(await check(person, codeOf(person.secret), attacker), false)
      assert.equal(await check(person, codeOf(person.secret), newNetwork()), true)
      program.advance(wrongTotpCodes.seconds)
      assert.equal(await check(person, codeOf(person.secret), attacker), true)
    })

    test("guessing from everywhere is stopped and the owner told, once", async () => {
      const person = await withApp()
      for (let n = 0; n < wrongTotpCodesOfAll.per + 5; n++) await check(person, wrongCode(person.secret), newNetwork())
      assert.equal(await check(person, codeOf(person.secret), newNetwork()), false)
      await program.credentials.settled()
      const told = program.mail.to(person.email).filter(({ subject }) => subject === "Somebody knows your password")
      assert.equal(told.length, 1)
    })

    test("removing one removes the recovery codes and tells the owner", async () => {
      const person = await withApp()
      await program.credentials.totp.remove(person.id)
      assert.deepEqual(await program.credentials.factorsOf(person.id), [])
      assert.equal(await program.credentials.recoveryCodes.remaining(person.id), 0)
      assert.equal(await check(person, codeOf(person.secret)), false)
      await program.credentials.settled()
      assert.match(program.mail.to(person.email).at(-1)?.subject ?? "", /authenticator app was removed/)
    })

    test("their seeds are nowhere to be read", async () => {
      const { secret } = await withApp()
      const places = await program.database.text({
        text: `select (select string_agg(secret, ' ') from credentials) || (select string_agg(changes::text, ' ') from archipel.history)`,
      })
      assert.ok((places ?? "").length > 0)
      assert.ok(!places?.includes(secret))
    })
  })

  describe("recovery codes", () => {
    const use = ({ id }: Person, code: string, network = newNetwork()) =>
      program.credentials.useRecoveryCode(id, code, network)

    test("work once each, however they are typed, and tell the owner what is left", async () => {
      const person = await withApp()
      const [first = "", second = "", third = ""] = person.codes
      assert.match(first, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/)
      assert.equal(await use(person, first), true)
      assert.equal(await use(person, first), false)
      assert.equal(await use(person, second.toLowerCase().replaceAll("-", " ")), true)
      assert.equal(await use(person, third.replaceAll("0", "O").replaceAll("1", "l")), true)
      assert.equal(await program.credentials.recoveryCodes.remaining(person.id), 7)
      await program.credentials.settled()
      assert.match(program.mail.to(person.email).at(-1)?.text ?? "", /7 left/)
    })

    test("of one user are nothing to another", async () => {
      const [one, other] = [await withApp(), await withApp()]
      assert.equal(await use(other, one.codes[0] as string), false)
    })

    test("of five uses of one at the same time exactly one wins", async () => {
      const person = await withApp()
      const other = await program.another()
      for (let round = 0; round < ROUNDS; round++) {
        if (round > 0 && round % 10 === 0)
          Object.assign(person, { codes: await program.credentials.recoveryCodes.renew(person.id) })
        const code = person.codes[round % 10] as string
        const uses = Array.from({ length: 5 }, (_, n) =>
          (n % 2 ? other : program.credentials).useRecoveryCode(person.id, code, newNetwork()),
        )
        assert.equal((await Promise.all(uses)).filter(Boolean).length, 1, `round ${round}`)
      }
    })

    test("new ones void the old ones", async () => {
      const person = await withApp()
      const fresh = await program.credentials.recoveryCodes.renew(person.id)
      assert.equal(await use(person, person.codes[0] as string), false)
      assert.equal(await use(person, fresh[0] as string), true)
    })

    test("guessing is limited per network", async () => {
      const person = await withApp()
      const attacker = newNetwork()
      for (let n = 0; n < 10; n++) await use(person, "0000-0000-0000", attacker)
      assert.equal(await use(person, person.codes[0] as string, attacker), false)
      assert.equal(await use(person, person.codes[0] as string), true)
    })

    test("leave a line in the history that says why", async () => {
      const person = await withApp()
      await use(person, person.codes[0] as string)
      const reasons = await program.database.text({
        text: "select string_agg(distinct reason, '; ') from archipel.history where model = 'identity.Credential'",
      })
      assert.match(reasons ?? "", /a recovery code was used/)
      assert.match(reasons ?? "", /a user added an authenticator app/)
    })
  })
})
