import { rmSync } from "node:fs"
import { afterAll, beforeAll, test } from "vitest"
import { type PackedProduct, packProduct } from "./packed-product.ts"
import { follow } from "./reader.ts"

let product: PackedProduct
beforeAll(async () => {
  product = await packProduct()
}, 600_000)
afterAll(() => {
  rmSync(product.folder, { recursive: true, force: true })
})

test("what the tutorial says works, from the first command to the last", { timeout: 1_200_000 }, async () => {
  await follow("tutorial/README.md", product)
})

test("what the guide from one process to many says works too", { timeout: 1_200_000 }, async () => {
  await follow("guides/from-one-process-to-many.md", product)
})
