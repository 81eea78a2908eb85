import { once } from "node:events"
import { createServer, connect, type AddressInfo, type Socket } from "node:net"
import { expect, test, vi } from "vitest"
import { type Crm, crm, outcome, page, sales, silence } from "./rpc-crm.ts"

const wait = { timeout: 20_000, interval: 10 }
const both = (one: Crm, other: Crm): number => one.heard.length + other.heard.length

/** A way to a service that can be made to pass nothing on any more, while its connections stay open. */
async function road(address: string) {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    const far = connect(Number(address.split(":")[1]), "127.0.0.1")
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from.on("error", () => {}))
      from.on("data", (chunk) => {
        if (!isCut) to.write(chunk)
      })
      from.on("close", () => to.destroy())
    }
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** As of a process that is stopped, or a host that is gone without a word. */
    cut: () => void (isCut = true),
    mend: () => void (isCut = false),
    get open() {
      return [...sockets].filter(({ destroyed }) => !destroyed).length
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close")
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

test("calls are spread evenly over replicas", async () => {
  await using one = await crm(async () => page())
  await using other = await crm(async () => page())
  await using near = await sales(one.address, other.address)
  // Both are connected from some call on.
  await vi.waitFor(async () => {
    await near.ask()
    expect(one.heard.length && other.heard.length).toBeGreaterThan(0)
  }, wait)
  const before = [one.heard.length, other.heard.length] as const
  for (let n = 0; n < 40; n++) await near.ask()
  expect([one.heard.length - before[0], other.heard.length - before[1]]).toEqual([20, 20])
})

test("a replica that dies under load costs no read, and gets its share again when it is back", async () => {
  await using one = await crm(async () => page())
  const other = await crm(async () => page())
  const port = Number(other.address.split(":")[1])
  await using near = await sales(one.address, other.address)
  await vi.waitFor(async () => {
    await near.ask()
    expect(one.heard.length && other.heard.length).toBeGreaterThan(0)
  }, wait)
  let isOver = false
  const outcomes: string[] = []
  const reading = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!isOver) outcomes.push(await outcome(near.ask()))
    }),
  )
  await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(20), wait)
  await other[Symbol.asyncDispose]()
  const died = outcomes.length
  await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(died + 100), wait)
  await using back = await crm(async () => page(), port)
  await vi.waitFor(() => expect(back.heard.length).toBeGreaterThan(5), wait)
  isOver = true
  await reading
  expect(outcomes.filter((each) => each !== "ok")).toEqual([])
})

test("replicas come and go while calls are made, and calls under way end where they began", async () => {
  const held = Promise.withResolvers<void>()
  await using one = await crm(async () => {
    await held.promise
    return page([{ id: "one" }])
  })
  await using near = await sales(one.address)
  const begun = near.ask()
  await vi.waitFor(() => expect(one.heard).toHaveLength(1), wait)
  await using other = await crm(async () => page([{ id: "other" }]))
  await near.place(1, other.address)
  await near.place(0, undefined)
  await vi.waitFor(async () => {
    expect(near.mesh.addresses.of("crm")).toEqual([other.address])
  }, wait)
  expect(await near.ask()).toMatchObject({ data: '[{"id":"other"}]' })
  held.resolve()
  expect(await begun).toMatchObject({ data: '[{"id":"one"}]' })
  expect([one.heard.length, both(one, other)]).toEqual([1, 2])
})

test("a peer that is gone without a word is noticed by silence: reads go to another, and its connection is given up", async () => {
  await using one = await crm(async () => page())
  await using dead = await crm(async () => page())
  await using lost = await road(dead.address)
  await using near = await sales(lost.address, one.address)
  await vi.waitFor(async () => {
    await near.ask()
    expect(one.heard.length && dead.heard.length).toBeGreaterThan(0)
  }, wait)
  lost.cut()
  // More of them are lost at once than a service may lose in a row.
  const outcomes = await Promise.all(Array.from({ length: 16 }, () => outcome(near.ask())))
  expect(outcomes).toEqual(Array.from({ length: 16 }, () => "ok"))
})

test("the only peer, gone without a word and back at its address, is reached again", async () => {
  await using far = await crm(async () => page())
  await using lost = await road(far.address)
  await using near = await sales(lost.address)
  expect(await outcome(near.ask())).toBe("ok")
  lost.cut()
  expect(await outcome(near.ask())).toBe("service.unavailable crm")
  lost.mend()
  await vi.waitFor(async () => expect(await outcome(near.ask())).toBe("ok"), { timeout: 5_000, interval: 50 })
})

test("a call, and be it a write, waits for a replica that is about to be there, where none is", async () => {
  const first = await crm(async () => page())
  const port = Number(first.address.split(":")[1])
  await using near = await sales(first.address)
  expect(await outcome(near.ask())).toBe("ok")
  await first[Symbol.asyncDispose]()
  const waiting = Promise.all([outcome(near.write()), outcome(near.ask())])
  await using back = await crm(async () => page(), port)
  expect(await waiting).toEqual(["ok", "ok"])
  expect(back.heard.toSorted()).toEqual(["change", "query"])
})

test("whoever waits for a replica and gives up is told why, and nothing of it is sent later", async () => {
  const first = await crm(async () => page())
  const port = Number(first.address.split(":")[1])
  await using near = await sales(first.address)
  expect(await outcome(near.ask())).toBe("ok")
  await first[Symbol.asyncDispose]()
  const gone = new AbortController()
  const waiting = near.ask({ signal: gone.signal })
  gone.abort(new Error("gone"))
  await expect(waiting).rejects.toThrow("gone")
  await using back = await crm(async () => page(), port)
  expect(await outcome(near.write())).toBe("ok")
  expect(back.heard).toEqual(["change"])
})

test("connections that nobody answers on do not pile up", async () => {
  await using far = await crm(silence)
  await using lost = await road(far.address)
  await using near = await sales(lost.address)
  lost.cut()
  for (let n = 0; n < 6; n++) {
    expect(await outcome(near.mesh.describe("crm", { deadlineMs: 700 }))).toBe("service.unavailable crm")
  }
  expect(lost.open).toBeLessThanOrEqual(6)
})
