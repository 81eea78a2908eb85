import { expect, test } from "vitest"
import { memoryOf } from "./list-memory.ts"

test("of very many lists those are remembered that were looked at last", () => {
  const often = memoryOf("orders?{}")
  for (let i = 0; i < 100; i++) {
    memoryOf(`products?{"q":"${i}"}`)
    expect(memoryOf("orders?{}")).toBe(often)
  }
  const first = memoryOf('products?{"q":"0"}')
  for (let i = 1; i < 100; i++) memoryOf(`products?{"q":"${i}"}`)
  expect(memoryOf('products?{"q":"0"}')).not.toBe(first)
})
