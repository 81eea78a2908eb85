import { mkdir, writeFile } from "node:fs/promises"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { counted } from "../support/counts.ts"
import { dataDirectory, type Ended, isRunning, runProgram, startProgram } from "../support/program.ts"
import { expectWhole, seedWares, writeOrders } from "./orders.ts"

const ORDERS = counted(300, 1_000)

test("a program that is told to end under load ends what is under way, loses nothing and leaves nothing running", async () => {
  await using data = await dataDirectory()
  const program = await startProgram({ data: data.path })
  const wares = await seedWares(program.ask)
  const server = data.serverPid()
  let ended: Promise<Ended> | undefined
  const told = await writeOrders(program.ask, wares, ORDERS, (n) => {
    if (n === Math.trunc(ORDERS / 3)) ended = program.end("SIGTERM")
  })
  expect(await ended).toMatchObject({ code: 0, signal: null, err: "" })
  expect(told.acknowledged.size).toBeGreaterThanOrEqual(Math.trunc(ORDERS / 3))
  expect(told.acknowledged.size).toBeLessThan(ORDERS)
  expect(told.refused).toEqual([])
  expect(isRunning(server)).toBe(false)

  await using _again = await startProgram({ data: data.path })
  await expectWhole(data.databaseUrl("sales"), told)
})

test("a second program on the same directory or port says why it does not start, and makes nothing", async () => {
  await using data = await dataDirectory()
  await using first = await startProgram({ data: data.path })
  const second = await runProgram({ data: data.path })
  expect(second).toMatchObject({ code: 1, out: "" })
  expect(second.err.trim().split("\n")).toEqual([
    `postgres.directory_in_use: Process ${first.pid} is using the data directory ${join(data.path, "postgres")}. Stop it, or choose another directory.`,
    "  Stop that program, or give this one its own data: --data DIR.",
  ])
  const { port } = new URL(first.url)
  const other = join(data.path, "other")
  const third = await runProgram({ data: other, args: ["--port", port] })
  expect([third.code, third.out]).toEqual([1, ""])
  expect(third.err).toMatch(
    new RegExp(`^Port ${port} is in use by another program\\.\\n  .*--port ${Number(port) + 1}.*\\n$`),
  )
  expect(existsSync(other)).toBe(false)
  expect((await first.ask("/readyz")).status).toBe(200)
})

test.each([
  [["--port", "many"], '--port takes a whole number from 0 to 65535, not "many".'],
  [["--nosuch"], "Unknown option '--nosuch'"],
  [["--serve", "nosuch"], "There is no service nosuch: the services are crm, catalog, people, sales."],
  [["--apart", "--replicas", "99"], '--replicas takes a whole number from 1 to 8, not "99".'],
])("wrong arguments %j are said in words", async (args, words) => {
  await using data = await dataDirectory()
  const { code, out, err } = await runProgram({ data: data.path, args })
  expect([code, out]).toEqual([2, ""])
  expect(err).toContain(words)
  expect(err).not.toMatch(/^\s+at /m)
})

test("--fresh forgets all records, and nothing else that lies there", async () => {
  await using data = await dataDirectory()
  await mkdir(data.path, { recursive: true })
  const own = join(data.path, "notes.txt")
  await writeFile(own, "mine")
  {
    await using program = await startProgram({ data: data.path })
    await seedWares(program.ask)
    expect((await program.ask("/api/crm/customers?count=exact")).json.count).toBe(1)
  }
  {
    await using program = await startProgram({ data: data.path })
    expect((await program.ask("/api/crm/customers?count=exact")).json.count).toBe(1)
  }
  await using program = await startProgram({ data: data.path, args: ["--fresh"] })
  expect((await program.ask("/api/crm/customers?count=exact")).json.count).toBe(0)
  expect(existsSync(own)).toBe(true)
})

test("a start that is given up leaves nothing running", async () => {
  await using data = await dataDirectory()
  const ended = runProgram({ data: data.path, main: new URL("slow-main.ts", import.meta.url).pathname })
  expect(await ended).toMatchObject({ code: 0, err: "" })
  expect(isRunning(data.serverPid())).toBe(false)
  // Half a demo is not taken for data.
  await using program = await startProgram({ data: data.path })
  expect((await program.ask("/api/crm/customers?count=exact")).json.count).toBe(0)
})
