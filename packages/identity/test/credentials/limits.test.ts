import assert from "node:assert/strict"
import { afterAll, beforeAll, describe, test } from "vitest"
import { type CredentialsProgram, credentialsProgram } from "./credentials-program.ts"

let program: CredentialsProgram
beforeAll(async () => {
  program = await credentialsProgram()
})
afterAll(() => program[Symbol.asyncDispose]())

const limit = { per: 5, seconds: 60 }

describe("rates", () => {
  test("allow so many at once, also to several processes together, and refill evenly", async () => {
    const { rates } = program.credentials
    const other = (await program.another()).rates
    const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? other : rates).take("shared", limit)))
    assert.equal(taken.filter(({ ok }) => ok).length, 5)
    const refused = await rates.take("shared", limit)
    assert.deepEqual(refused, { ok: false, retryAfterSeconds: 12 })
    program.advance(11)
    assert.deepEqual(await other.take("shared", limit), { ok: false, retryAfterSeconds: 1 })
    program.advance(1)
    assert.deepEqual(await other.take("shared", limit), { ok: true })
    assert.equal((await rates.take("shared", limit)).ok, false)
    program.advance(60)
    for (let n = 0; n < 5; n++) assert.equal((await rates.take("shared", limit)).ok, true)
    assert.equal((await rates.take("shared", limit)).ok, false)
  })

  test("keys do not know of each other, one can be given back, and all", async () => {
    const { rates } = program.credentials
    for (let n = 0; n < 5; n++) await rates.take("a", limit)
    assert.equal((await rates.take("b", limit)).ok, true)
    await rates.giveBack("a", limit)
    assert.equal((await rates.take("a", limit)).ok, true)
    assert.equal((await rates.take("a", limit)).ok, false)
    await rates.clear("a")
    assert.equal((await rates.take("a", limit)).ok, true)
  })

  test("the table holds no addresses, and what is over is purged", async () => {
    const { rates } = program.credentials
    await rates.take("somebody@example.com", limit)
    const keys = await program.database.text({ text: "select string_agg(key, ' ') from attempts" })
    assert.ok(keys && !keys.includes("example.com"))
    program.advance(100_000)
    assert.ok((await program.credentials.purge()) > 0)
    assert.equal(await program.database.text({ text: "select count(*) from attempts" }), "0")
  })
})
