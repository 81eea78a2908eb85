import { expect, test } from "vitest"
import { users } from "../access/directory-program.ts"
import { codeOf, described, type Fleet, fleet } from "./fleet.ts"

const DEADLINE = { timeout: 20_000, interval: 10 }

const heldBy = async (here: Fleet, group: string): Promise<readonly string[]> => {
  const [row] = await here.db("identity.Group").find({ select: ["assignments.role"], where: { name: group } })
  return (row?.assignments ?? []).map(({ role }) => role)
}

test("roles of a service that joins can be given, and in development are given to the groups of development", async () => {
  await using here = await fleet({ contracts: [described("gateway", ["admin"])] })
  const { id } = await here.db("identity.Group").create({ name: "Stock" })
  const give = (role: string) => codeOf(here.db("identity.Group").update(id, { assignments: [{ role }] as never }))
  const gateway = await here.process("gateway")
  expect(await give("stock.keeper")).toBe("record.invalid")
  expect(await codeOf(gateway.exchange("dev:alice", "stock"))).toBe("access.denied")

  here.directory.join(described("stock", ["keeper", "admin", "user"]))
  await expect.poll(() => heldBy(here, "Administrators"), DEADLINE).toContain("stock.admin")
  expect(await heldBy(here, "Managers")).toEqual(expect.arrayContaining(["stock.keeper", "stock.user"]))
  expect(await heldBy(here, "Managers")).not.toContain("stock.admin")
  expect(await heldBy(here, "Clerks")).toContain("stock.user")
  expect(await give("stock.keeper")).toBeUndefined()
  expect(await give("stock.nothing")).toBe("record.invalid")

  const stock = await here.process("stock")
  const alice = await stock.who(`Bearer ${await gateway.exchange("dev:alice", "stock")}`)
  expect(alice).toMatchObject({ id: users.alice })
  expect(alice.roles).toContain("stock.admin")
})

test("a service that leaves keeps its assignments, and one that changes has its new roles", async () => {
  await using here = await fleet({ contracts: [described("gateway", []), described("stock", ["keeper"])] })
  await expect.poll(() => heldBy(here, "Managers"), DEADLINE).toContain("stock.keeper")
  here.directory.leave("stock")
  here.directory.join(described("sales", ["manager"]))
  await expect.poll(() => heldBy(here, "Managers"), DEADLINE).toContain("sales.manager")
  expect(await heldBy(here, "Managers")).toContain("stock.keeper")
  here.directory.join(described("stock", ["keeper", "counter"]))
  await expect.poll(() => heldBy(here, "Managers"), DEADLINE).toContain("stock.counter")
})

test("a service is asked as soon as somebody wants to call it, and never speaks for another", async () => {
  await using here = await fleet({ contracts: [described("gateway", [])] })
  const gateway = await here.process("gateway")
  // It has an address before it answers.
  here.directory.stop("sales")
  here.directory.join(described("sales", ["manager"]))
  expect(await codeOf(gateway.exchange("dev:alice", "sales"))).toBe("access.denied")
  here.directory.begin("sales")
  await expect.poll(() => codeOf(gateway.exchange("dev:alice", "sales")), DEADLINE).toBeUndefined()
  here.directory.join(described("identity", ["root"]), "evil")
  await expect
    .poll(() => here.log.some((line) => line.includes("describes itself as another one")), DEADLINE)
    .toBe(true)
  expect(await codeOf(gateway.exchange("dev:alice", "evil"))).toBe("access.denied")
  const { id } = await here.db("identity.Group").create({ name: "Roots" })
  for (const role of ["identity.root", "evil.root"])
    expect(await codeOf(here.db("identity.Group").update(id, { assignments: [{ role }] as never }))).toBe(
      "record.invalid",
    )
})
