import { rmSync } from "node:fs"
import { afterAll, beforeAll, test } from "vitest"
import { sampled } from "../support/counts.ts"
import { type PackedProduct, packProduct } from "./packed-product.ts"
import { follow } from "./reader.ts"

let product: PackedProduct
beforeAll(async () => {
  product = await packProduct()
}, 600_000)
afterAll(() => {
  rmSync(product.folder, { recursive: true, force: true })
})

/** One of them in `npm test`, another with the next seed: each installs and starts what its reader would. */
const pages = ["tutorial/README.md", "guides/from-one-process-to-many.md"]

test.each(sampled(pages, 1))(
  "what %s says works, from the first command to the last",
  { timeout: 1_200_000 },
  async (page) => {
    await follow(page, product)
  },
)
