import { isUuid } from "@archipel/core"
import { expect, test } from "vitest"
import { newId } from "./new-id.ts"

test("ids are UUIDs of version 7, each another, in the order of their time", () => {
  const ids = [1, 2 ** 40, Date.now()].map((at) => newId(at))
  expect(ids.every((id) => isUuid(id) && id[14] === "7" && /[89ab]/.test(id[19] as string))).toBe(true)
  expect(ids.toSorted()).toEqual(ids)
  expect(newId(5)).not.toBe(newId(5))
  expect(Number.parseInt(newId(1_767_225_600_123).replaceAll("-", "").slice(0, 12), 16)).toBe(1_767_225_600_123)
})
