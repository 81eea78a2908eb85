import { expect, test } from "vitest"
import type { UiField, UiModel } from "../metadata/model.ts"
import { guessKey, guessMapping, keysOf, missingOf, targetsOf } from "./mapping.ts"

const text = (label: string, more: Partial<UiField> = {}): UiField =>
  ({ type: "text", label, read: true, create: true, update: true, required: false, ...more }) as UiField

const model = (fields: Readonly<Record<string, UiField>>, rights = {}): UiModel => ({
  contract: 1,
  name: "crm.Customer",
  title: "Customer",
  plural: "Customers",
  collection: "/api/crm/customers",
  archive: false,
  rights: { read: true, create: true, update: true, delete: true, ...rights },
  fields,
  transitions: {},
  actions: {},
})

const country = model({
  id: text("ID", { create: false, update: false }),
  name: text("Name", { unique: true }),
  code: text("ISO 3166-1 code", { unique: true }),
})
const customer = model({
  id: text("ID", { create: false, update: false }),
  externalId: text("External ID", { unique: true }),
  name: text("Name", { required: true }),
  city: text("Ville préférée"),
  country: text("Country", {
    type: "one",
    to: "crm.Country",
    collection: "/api/crm/countries",
    display: "name",
  } as never),
  logo: text("Logo", { type: "image" } as never),
  contactCount: text("Contacts", { type: "integer", create: false, update: false } as never),
  contacts: text("People", { type: "many", to: "crm.Contact" } as never),
})
const targets = targetsOf(customer, (collection) => (collection === "/api/crm/countries" ? country : undefined))

test("what texts can stand for is offered, and references by each key of their target", () => {
  expect(targets.map(({ path }) => path)).toEqual([
    "id",
    "externalId",
    "name",
    "city",
    "country",
    "country.code",
    "country.id",
  ])
  expect(targets.find(({ path }) => path === "country.code")?.label).toBe("Country · ISO 3166-1 code")
})

test("columns are known by path, by label without accents and signs, and by what exports call them", () => {
  const headers = ["Name", "VILLE_PREFEREE", "country.name", "Country", "country.code", "", "Colour"]
  expect(guessMapping(headers, targets, customer)).toEqual([
    "name",
    "city",
    "country",
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(guessMapping(["country.code"], targets, customer)).toEqual(["country.code"])
})

test("keys are unique fields that are filled; one that is there for nothing else is guessed, where it may be used", () => {
  const mapping = ["name", "externalId", "country.code"]
  expect(keysOf(customer, mapping).map(({ path }) => path)).toEqual(["externalId"])
  expect(guessKey(customer, mapping)).toBe("externalId")
  expect(guessKey(country, ["name", "code"])).toBeUndefined()
  expect(guessKey(model(customer.fields, { update: false }), mapping)).toBeUndefined()
})

test("what a new record needs and no column fills is told", () => {
  expect(missingOf(customer, ["city", undefined])).toEqual(["Name"])
  expect(missingOf(customer, ["name"])).toEqual([])
})
