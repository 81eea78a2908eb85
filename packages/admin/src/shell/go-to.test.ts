import { expect, test } from "vitest"
import { lettersOf } from "./go-to.ts"

test("each list has a letter of its own, of its model's name where that is free, and none that leads home", () => {
  const names = ["crm.Country", "crm.Customer", "sales.Order", "people.Holiday", "people.Hh"]
  expect([...lettersOf(names.map((name) => ({ name }))).entries()]).toEqual([
    ["crm.Country", "c"],
    ["crm.Customer", "u"],
    ["sales.Order", "o"],
    ["people.Holiday", "l"],
    ["people.Hh", "a"],
  ])
})

test("lists beyond the alphabet have none", () => {
  const names = Array.from({ length: 40 }, (_, n) => ({ name: `many.Model${n}` }))
  expect(lettersOf(names).size).toBe(25)
})
