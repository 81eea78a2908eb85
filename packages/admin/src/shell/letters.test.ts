import { expect, test } from "vitest"
import { lettersOf } from "./letters.ts"

test("each list has a letter of its own, of its model's name where that is free, and none that leads home", () => {
  const names = ["crm.Country", "crm.Customer", "people.Hh", "sales.Order", "sales.Offer"]
  expect(Object.fromEntries(lettersOf(names.map((name) => ({ name }))))).toEqual({
    "crm.Country": "c",
    "sales.Order": "o",
    "crm.Customer": "u",
    "people.Hh": "a",
    "sales.Offer": "f",
  })
})

test("lists beyond the alphabet have none", () => {
  const names = Array.from({ length: 40 }, (_, n) => ({ name: `many.Model${n}` }))
  expect(lettersOf(names).size).toBe(25)
})
