import assert from "node:assert/strict"
import { hash } from "@node-rs/argon2"
import { afterAll, beforeAll, describe, test } from "vitest"
import { lockoutLimits } from "../../src/credentials/lockout.ts"
import { networkFailures, strangerAttempts } from "../../src/credentials/sign-in.ts"
import { type CredentialsProgram, credentialsProgram, PASSWORD, type Person } from "./credentials-program.ts"

let program: CredentialsProgram
beforeAll(async () => {
  program = await credentialsProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

let networks = 0
const newNetwork = (): string => `198.51.100.${++networks}`
const withPassword = async (values: Parameters<CredentialsProgram["user"]>[0] = {}): Promise<Person> => {
  const person = await program.user(values)
  await program.credentials.passwords.seed(person.id, PASSWORD)
  return person
}
const signIn = (email: string, password: string, network = newNetwork(), device = "") =>
  program.credentials.signIn({ email, password, network, device })

describe("T23 logging in with a password", () => {
  describe("signing in", () => {
    test("the right password tells the user and the factors", async () => {
      const { id, email } = await withPassword()
      assert.deepEqual(await signIn(email, PASSWORD), { ok: true, userId: id, factors: [] })
      assert.deepEqual(await signIn(` ${email.toUpperCase()} `, PASSWORD), { ok: true, userId: id, factors: [] })
    })

    test("a password is the same however its letters are composed", async () => {
      const { id, email } = await program.user()
      await program.credentials.passwords.seed(id, "café-harbour-93-kites".normalize("NFD"))
      assert.equal((await signIn(email, "café-harbour-93-kites".normalize("NFC"))).ok, true)
    })

    test("a password counts to its last character, with its capitals and spaces", async () => {
      const { id, email } = await program.user()
      const long = ` Violet harbour 93 kites ${"and one lantern more ".repeat(40)}`
      await program.credentials.passwords.seed(id, long)
      for (const other of [long.trim(), long.toLowerCase(), long.slice(0, -1), long.slice(0, 72), `${long} `])
        assert.deepEqual(await signIn(email, other), { ok: false, code: "login.refused" })
      assert.equal((await signIn(email, long)).ok, true)
    })

    test("whoever it is, a refusal is the same answer after the same work", async () => {
      const { email } = await withPassword()
      const { email: inactive } = await withPassword({ active: false })
      const { email: without } = await program.user()
      const answers = new Map<string, { answer: string; hashes: number; statements: number }>()
      for (const [who, address, password] of [
        ["wrong password", email, "wrong"],
        ["stranger", "nobody@example.com", "wrong"],
        ["inactive, right password", inactive, PASSWORD],
        ["no password", without, "wrong"],
        ["no address", "not an address", "wrong"],
        ["empty", email, ""],
        ["endless", email, "x".repeat(1_000_000)],
      ] as const) {
        const hashes = program.credentials.hashesComputed
        const statements = countStatements()
        const answer = JSON.stringify(await signIn(address, password))
        answers.set(who, {
          answer,
          hashes: program.credentials.hashesComputed - hashes,
          statements: statements.end(),
        })
      }
      for (const [who, found] of answers)
        assert.deepEqual(found, { answer: '{"ok":false,"code":"login.refused"}', hashes: 1, statements: 4 }, who)
    })

    test("a hash with other parameters is replaced at the next login", async () => {
      const { id, email } = await program.user()
      await program.credentials.passwords.seed(id, PASSWORD)
      const old = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 })
      await replaceHash(id, old)
      const before = await storedSecret(id)
      assert.equal((await signIn(email, PASSWORD)).ok, true)
      assert.notEqual(await storedSecret(id), before)
      const settled = await storedSecret(id)
      assert.equal((await signIn(email, PASSWORD)).ok, true)
      assert.equal(await storedSecret(id), settled)
    })

    test("neither a password nor its bare hash is anywhere in the database", async () => {
      const { id } = await withPassword()
      const places = await program.database.text({
        text: `select (select coalesce(string_agg(secret, ' '), '') from credentials) ||
        (select coalesce(string_agg(changes::text, ' '), '') from archipel.history)`,
      })
      assert.ok(places?.includes(id))
      assert.doesNotMatch(places ?? "", /\$argon2|violet-harbour/)
    })
  })

  describe("guessing", () => {
    test("makes the place wait, longer and longer, and the owner elsewhere get in", async () => {
      const { email } = await withPassword()
      const attacker = newNetwork()
      for (let n = 0; n < lockoutLimits.free; n++)
        assert.deepEqual(await signIn(email, "wrong", attacker), { ok: false, code: "login.refused" })
      const first = await signIn(email, PASSWORD, attacker)
      assert.ok(!first.ok && first.code === "login.locked")
      assert.equal(first.retryAfterSeconds, lockoutLimits.firstWaitSeconds)
      assert.equal((await signIn(email, PASSWORD, newNetwork())).ok, true)

      program.advance(lockoutLimits.firstWaitSeconds)
      assert.deepEqual(await signIn(email, "wrong", attacker), { ok: false, code: "login.refused" })
      const second = await signIn(email, PASSWORD, attacker)
      assert.ok(!second.ok && second.code === "login.locked")
      assert.equal(second.retryAfterSeconds, 2 * lockoutLimits.firstWaitSeconds)
      program.advance(2 * lockoutLimits.firstWaitSeconds)
      assert.equal((await signIn(email, PASSWORD, attacker)).ok, true)
      assert.deepEqual(await signIn(email, "wrong", attacker), { ok: false, code: "login.refused" })
    })

    test("locks accounts that do not exist in the same way", async () => {
      const network = newNetwork()
      const answers = []
      for (let n = 0; n <= lockoutLimits.free; n++) answers.push(await signIn("ghost@example.com", "wrong", network))
      assert.deepEqual(answers.at(-1), {
        ok: false,
        code: "login.locked",
        retryAfterSeconds: lockoutLimits.firstWaitSeconds,
      })
    })

    test("many at once are no way around, and a locked password is not looked at", async () => {
      const { email } = await withPassword()
      const network = newNetwork()
      const other = await program.another()
      const hashes = program.credentials.hashesComputed + other.hashesComputed
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          (n % 2 ? other : program.credentials).signIn({ email, password: "wrong", network, device: "" }),
        ),
      )
      const looked = answers.filter((answer) => !answer.ok && answer.code === "login.refused").length
      assert.equal(looked, lockoutLimits.free)
      assert.equal(program.credentials.hashesComputed + other.hashesComputed - hashes, lockoutLimits.free)
    })

    test("from many networks locks strangers out, never the owner's device or network", async () => {
      const { id, email } = await withPassword()
      const home = newNetwork()
      const device = program.credentials.deviceToken(id)
      await program.database.query(
        {
          text: `insert into sessions (id, user_id, sid, network, last_seen_at, expires_at, methods, created_at)
          values (gen_random_uuid(), $1, $2, $3, now(), now(), 'pwd', $4)`,
        },
        [id, `sid-${id}`, home, program.now],
      )
      for (let n = 0; n < strangerAttempts.per; n++) await signIn(email, "wrong", `203.0.113.${n}`)
      const stranger = await signIn(email, PASSWORD, "2001:db8:9:9::/64")
      assert.ok(!stranger.ok && stranger.code === "login.locked")
      assert.equal((await signIn(email, PASSWORD, home)).ok, true)
      assert.equal((await signIn(email, PASSWORD, newNetwork(), device)).ok, true)
      const foreign = program.credentials.deviceToken((await program.user()).id)
      assert.equal((await signIn(email, PASSWORD, newNetwork(), foreign)).ok, false)
    })

    test("one on the owner's own network does not lock the owner's device", async () => {
      const { id, email } = await withPassword()
      const office = newNetwork()
      for (let n = 0; n <= lockoutLimits.free; n++) await signIn(email, "wrong", office)
      const device = program.credentials.deviceToken(id)
      assert.equal((await signIn(email, PASSWORD, office)).ok, false)
      assert.equal((await signIn(email, PASSWORD, office, device)).ok, true)
      for (const token of ["rubbish", "1.AAAA", "x".repeat(10_000)])
        assert.equal((await signIn(email, PASSWORD, office, token)).ok, false)
    })

    test("one password for many accounts stops the network", async () => {
      const network = newNetwork()
      for (let n = 0; n < networkFailures.per; n++)
        assert.deepEqual(await signIn(`victim${n}@example.com`, "Summer2026!", network), {
          ok: false,
          code: "login.refused",
        })
      const stopped = await signIn("another@example.com", "Summer2026!", network)
      assert.ok(!stopped.ok && stopped.code === "login.locked")
      assert.ok(stopped.retryAfterSeconds <= networkFailures.seconds / networkFailures.per)
    })

    test("right passwords do not count against a network", async () => {
      const { email } = await withPassword()
      const network = newNetwork()
      for (let n = 0; n < networkFailures.per + 10; n++) assert.equal((await signIn(email, PASSWORD, network)).ok, true)
    })
  })

  describe("a flood", () => {
    test("waits in a bounded line and is refused beyond it, with the time to wait", async () => {
      const answers = await Promise.allSettled(
        Array.from({ length: 200 }, (_, n) => signIn(`flood${n}@example.com`, "wrong", `192.0.2.${n}`)),
      )
      const refused = answers.filter((answer) => answer.status === "rejected")
      assert.ok(refused.length > 0)
      for (const { reason } of refused) {
        assert.equal((reason as { code: string }).code, "service.unavailable")
        assert.deepEqual((reason as { details: unknown }).details, { service: "identity", retryAfterSeconds: 5 })
      }
      assert.ok(answers.some(({ status }) => status === "fulfilled"))
    })
  })

  /** Statements of `database` while it runs: everything of the process under test goes through it. */
  function countStatements(): { end(): number } {
    const { database } = program
    const { query, text } = database
    let count = 0
    Object.assign(database, {
      query: (...args: Parameters<typeof query>) => (count++, query.apply(database, args)),
      text: (...args: Parameters<typeof text>) => (count++, text.apply(database, args)),
    })
    return {
      end() {
        Object.assign(database, { query, text })
        return count
      },
    }
  }

  const storedSecret = (userId: string): Promise<string | null> =>
    program.database.text({ text: "select secret from credentials where user_id = $1 and kind = 'password'" }, [userId])

  async function replaceHash(userId: string, hashed: string): Promise<void> {
    await program.database.query(
      { text: "update credentials set secret = $2 where user_id = $1 and kind = 'password'" },
      [userId, program.seal("credential.password", hashed)],
    )
  }
})
