import { describe, expect, test, vi } from "vitest"
import { counted } from "../support/counts.ts"
import { dataDirectory, startProgram } from "../support/program.ts"
import { expectWhole, seedWares, writeOrders } from "./orders.ts"

const ORDERS = counted(300, 1_000)
// Two starts, and writes whose full number takes its time where others want the cores, too.
vi.setConfig({ testTimeout: 180_000 })

describe("a program that is killed while it writes", () => {
  test.each([
    ["alone", false],
    ["together with PostgreSQL", true],
  ])("%s loses nothing that was acknowledged, and leaves nothing half done", async (_, withServer) => {
    await using data = await dataDirectory()
    const program = await startProgram({ data: data.path })
    const wares = await seedWares(program.ask)
    const server = data.serverPid()
    const told = await writeOrders(program.ask, wares, ORDERS, (n) => {
      if (n !== Math.trunc(ORDERS / 3)) return
      if (withServer) process.kill(server, "SIGKILL")
      process.kill(program.pid, "SIGKILL")
    })
    expect((await program.end("SIGKILL")).signal).toBe("SIGKILL")
    expect(told.acknowledged.size).toBeGreaterThanOrEqual(Math.trunc(ORDERS / 3))
    expect(told.unanswered).toBeGreaterThan(0)

    await using again = await startProgram({ data: data.path })
    await expectWhole(data.databaseUrl("sales"), told)
    for (const id of [...told.acknowledged.values()].slice(-3)) {
      const { json } = await again.ask(`/api/sales/orders/${id}?select=total,lines.product.name`)
      expect(json).toMatchObject({ total: "993.14", lines: [{ product: { name: "At 1.10" } }, {}, {}] })
    }
    const more = await writeOrders(again.ask, wares, 1)
    expect(more.acknowledged.size).toBe(1)
  })
})
