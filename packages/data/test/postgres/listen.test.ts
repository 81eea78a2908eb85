import { openDatabase } from "@archipel/data"
import { expect, test, vi } from "vitest"
import { testDatabase } from "../../../../tests/support/database.ts"

const DEADLINE = { timeout: 20_000, interval: 10 }

test("hears what is committed, and hears again after its connection broke", async () => {
  await using place = await testDatabase("listen")
  await using database = openDatabase({ connectionString: place.url })
  const heard: string[] = []
  const course: string[] = []
  const listening = database.listen({
    channel: "news",
    onMessage: (payload) => heard.push(payload),
    onConnected: () => course.push("connected"),
    onLost: () => course.push("lost"),
  })
  const say = (what: string) => database.query({ text: "select pg_notify('news', $1)" }, [what])
  await vi.waitFor(() => expect(listening.isConnected).toBe(true), DEADLINE)
  await say("one")
  await expect(
    database.transaction(async (tx) => {
      await tx.query({ text: "select pg_notify('news', 'undone')" })
      throw new Error("on second thoughts")
    }),
  ).rejects.toThrow("on second thoughts")
  await vi.waitFor(() => expect(heard).toEqual(["one"]), DEADLINE)

  await database.query({
    text: "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'archipel listening'",
  })
  await vi.waitFor(() => expect(course).toEqual(["connected", "lost", "connected"]), DEADLINE)
  await say("two")
  await vi.waitFor(() => expect(heard).toEqual(["one", "two"]), DEADLINE)

  await listening.close()
  await say("three")
  expect(heard).toEqual(["one", "two"])
  expect(course).toEqual(["connected", "lost", "connected"])
})

test("waits for a server that is away, and ends meanwhile", async () => {
  await using database = openDatabase({ connectionString: "postgresql://nobody@127.0.0.1:1/none" })
  const listening = database.listen({ channel: "news", onMessage: () => {} })
  await new Promise((resolve) => setImmediate(resolve))
  expect(listening.isConnected).toBe(false)
  await listening.close()
})
