import { createHmac, randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { createSeal } from "./cursor.ts"

test.each([1, 16, 63, 64, 65, 200])("a seal with a key of %i bytes is HMAC-SHA-256", (length) => {
  const key = randomBytes(length)
  const seal = createSeal(key)
  for (const text of ["", "a", "ä".repeat(500)]) {
    expect(seal(text).toString("hex")).toBe(createHmac("sha256", key).update(text).digest("hex"))
  }
})
