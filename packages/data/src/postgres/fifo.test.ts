import { expect, test } from "vitest"
import { Fifo } from "./fifo.ts"

test("what was sent first comes first, however many have left", () => {
  const fifo = new Fifo<object>()
  const items = Array.from({ length: 1_000 }, (_, n) => ({ n }))
  for (const item of items.slice(0, 600)) fifo.push(item)
  const left = items.slice(0, 500).map(() => fifo.shift())
  for (const item of items.slice(600)) fifo.push(item)

  expect(left).toEqual(items.slice(0, 500))
  expect(fifo.size).toBe(500)
  expect(fifo.first).toBe(items[500])
  expect(fifo.drain()).toEqual(items.slice(500))
  expect(fifo.size).toBe(0)
  expect(fifo.shift()).toBeUndefined()
})

test("an item is taken out wherever it stands", () => {
  const fifo = new Fifo<string>()
  for (const item of ["gone", "a", "b", "c"]) fifo.push(item)
  fifo.shift()

  fifo.remove("b")
  fifo.remove("gone")
  expect(fifo.size).toBe(2)
  fifo.remove("a")
  expect(fifo.first).toBe("c")
  expect(fifo.drain()).toEqual(["c"])
})
