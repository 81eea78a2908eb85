import { expect, test } from "vitest"
import { meantBy, type Option } from "./reference-options.ts"

const options = (...titles: readonly string[]): readonly Option[] => titles.map((title) => ({ id: title, title }))

test("the record that is called as somebody typed comes before those that begin so, and these before those that have it in them", () => {
  const found = options("Apple juice", "Apple juice, classic", "Cold apple juice")
  expect(meantBy(found, "apple JUICE")).toMatchObject({ title: "Apple juice" })
  expect(meantBy(found, "apple juice, c")).toMatchObject({ title: "Apple juice, classic" })
  expect(meantBy(found.slice(2), "juice")).toMatchObject({ title: "Cold apple juice" })
})

test("accents and capitals make no difference", () => {
  expect(meantBy(options("Bäckerei Ümlaut", "Alte Bäckerei"), "backerei u")).toMatchObject({ title: "Bäckerei Ümlaut" })
})

test("two of a kind are several, whatever else there is", () => {
  expect(meantBy(options("Tea", "tea", "Teapot"), "tea")).toBe("several")
  expect(meantBy(options("Teapot", "Teacup", "Green tea"), "tea")).toBe("several")
  expect(meantBy(options("Green tea", "Black tea"), "tea")).toBe("several")
  expect(meantBy([], "tea")).toBe("none")
})

test("of more than are shown, one that begins as typed may not be the only one", () => {
  const many = options("Tea 0", ...Array.from({ length: 99 }, (_, n) => `Green tea ${n}`))
  expect(meantBy(many.slice(0, 99), "tea")).toMatchObject({ title: "Tea 0" })
  expect(meantBy(many, "tea")).toBe("several")
})
