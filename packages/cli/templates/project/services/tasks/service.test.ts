import assert from "node:assert/strict"
import { test } from "node:test"
import { testService } from "@archipel/server/test"
import { tasks } from "./service.ts"

test("users see their own tasks, managers see all", async () => {
  await using app = await testService(tasks)
  const clerk = app.as("clerk")
  const manager = app.as("manager")
  await clerk("tasks.Task").create({ title: "Count the stock", due: "2026-01-31" })
  await manager("tasks.Task").create({ title: "Order paper" })

  const own = await clerk("tasks.Task").find({ select: ["title", "done"], orderBy: ["title"] })
  assert.deepEqual(
    own.map(({ title, done }) => ({ title, done })),
    [{ title: "Count the stock", done: false }],
  )
  assert.equal(await manager("tasks.Task").count(), 2)
})

test("a task has a title", async () => {
  await using app = await testService(tasks)
  await assert.rejects(app.as("clerk")("tasks.Task").create({ title: "  " }), { code: "record.invalid" })
})
