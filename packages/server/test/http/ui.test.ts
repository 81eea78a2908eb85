import {
  choice,
  contract,
  date,
  html,
  identity,
  logic,
  many,
  mirror,
  model,
  money,
  one,
  type Principal,
  resolveCatalog,
  resolveService,
  rightsOf,
  states,
  text,
  translations,
  views,
} from "@archipel/core"
import { describe, expect, test } from "vitest"
import { visibleModels } from "../../src/openapi/visible-model.ts"
import { modelUi } from "../../src/http/ui-model.ts"
import { languageOf, wordsOf } from "../../src/http/ui-words.ts"

const land = contract("land", {
  roles: [],
  models: { Owner: model({ name: text(), phone: text(), taxNumber: text().optional() }) },
})
const plots = contract("plots", {
  roles: ["clerk", "surveyor"],
  models: {
    Plot: model({
      name: text(),
      description: html().optional(),
      owner: one("land.Owner").help("Who pays the taxes"),
      town: one("plots.Town"),
      kind: choice("urgent", "field", "wood").tones({ wood: "success" }),
      price: money().optional(),
      sold: date().optional(),
      status: states(["free", "reserved", "sold", "cancelled"], {
        reserve: { from: ["free"], to: "reserved" },
        sell: { from: ["reserved"], to: "sold", input: { price: money() }, label: "Sell it" },
        cancel: { from: ["free", "reserved"], to: "cancelled" },
      }),
      stones: many("plots.Stone", "plot").owned(),
    }),
    Stone: model({ plot: one("plots.Plot", { onDelete: "cascade" }), label: text() }),
    Town: model({ name: text(), secret: text() }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    land: typeof land
    plots: typeof plots
  }
}

const nothing = { by: ["plots.surveyor"] } as const
const logics = [
  logic("plots.Plot")
    .grant("plots.clerk", ["read"], "all", { fields: { except: ["price"] } })
    .grant("plots.surveyor", "all", "all")
    .on("reserve", nothing)
    .on("sell", nothing)
    .on("cancel", nothing),
  logic("plots.Town")
    .grant("plots.clerk", ["read"], "all", { fields: ["name"] })
    .grant("plots.surveyor", "all", "all"),
]
const french = translations("plots", {
  fr: {
    label: "Cadastre",
    models: {
      Plot: {
        label: "Parcelle",
        plural: "Parcelles",
        fields: {
          owner: { label: "Propriétaire", help: "Qui paie l'impôt" },
          status: { values: { free: "Libre" } },
          sold: "Vendue le",
        },
        transitions: { sell: { label: "Vendre", inputs: { price: "Prix convenu" } } },
        sections: { Sale: "Vente" },
      },
    },
  },
})
const plotViews = views("plots.Plot", {
  list: ["name", "owner.name", "owner.phone", "town.secret", "price"],
  form: {
    sections: [
      { fields: ["name", "town.name", "stones"] },
      { title: "Sale", fields: ["price", "sold"] },
      { fields: ["price"] },
    ],
  },
  search: { filters: ["status", "price"], groups: ["status", "sold:month", "price"] },
})
const owners = mirror("land.Owner", ["phone"]).grant("plots.surveyor", "all")

const catalog = resolveCatalog([land.definition, plots.definition, identity.definition])
const resolved = (options: object = {}) =>
  resolveService(plots.definition, logics as never, catalog, {
    views: [plotViews],
    translations: [french],
    mirrors: [owners],
    ...options,
  })
const service = resolved()

const user = (...roles: string[]): Principal => ({ kind: "user", id: "u", roles, claims: {}, timeZone: "UTC" })
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
// oxlint-disable-next-line typescript/no-explicit-any
const uiOf = (role: string, language = ""): any => {
  const rights = rightsOf(service, user(role))
  const visible = visibleModels(rights).get("plots.Plot")
  if (!visible) throw new Error("The model is not visible.")
  return JSON.parse(JSON.stringify(modelUi(rights, visible, wordsOf(service, language))))
}

describe("what a user interface is told of a model", () => {
  test("each field says what can be asked of it", () => {
    const { fields } = uiOf("plots.surveyor")
    expect(fields.description.caps).toMatchObject({ sort: null, aggregates: ["count", "countDistinct", "min", "max"] })
    expect(fields.name.caps.operators).toEqual([
      "eq",
      "not",
      "in",
      "lt",
      "lte",
      "gt",
      "gte",
      "contains",
      "startsWith",
      "isSet",
    ])
    expect(fields.price.caps).toMatchObject({
      sort: "price",
      aggregates: ["count", "countDistinct", "min", "max", "sum", "avg"],
    })
    expect(fields.sold.caps.periods).toEqual(["day", "week", "month", "quarter", "year"])
    expect(fields.owner.caps).toMatchObject({ operators: ["eq", "not", "in", "isSet"], sort: null, group: true })
    expect(fields.town.caps.sort).toBe("town.name")
    expect(fields.price).toMatchObject({ semantic: "money", currency: "EUR" })
    expect(fields.owner).toMatchObject({ help: "Who pays the taxes", mirrored: ["phone"] })
  })

  test("values have labels and tones: declared ones, else what their names and places say", () => {
    const { fields, lifecycle } = uiOf("plots.surveyor")
    expect(fields.kind.options).toEqual([
      { value: "urgent", label: "Urgent", tone: "danger" },
      { value: "field", label: "Field", tone: "neutral" },
      { value: "wood", label: "Wood", tone: "success" },
    ])
    expect(lifecycle).toEqual({
      field: "status",
      start: "free",
      states: [
        { value: "free", label: "Free", tone: "neutral", final: false },
        { value: "reserved", label: "Reserved", tone: "info", final: false },
        { value: "sold", label: "Sold", tone: "success", final: true },
        { value: "cancelled", label: "Cancelled", tone: "danger", final: true },
      ],
    })
  })

  test("discussion and search are there for those who read", () => {
    expect(uiOf("plots.clerk")).toMatchObject({ searchable: true, discussion: { comment: true, attach: false } })
    expect(uiOf("plots.surveyor").discussion).toEqual({ comment: true, attach: true })
  })

  test("views are cut to what the caller may know", () => {
    expect(uiOf("plots.surveyor").views).toEqual({
      model: "plots.Plot",
      list: ["name", "owner.name", "owner.phone", "town.secret", "price"],
      form: {
        sections: [
          { fields: ["name", "town.name", "stones"] },
          { title: "Sale", fields: ["price", "sold"] },
          { fields: ["price"] },
        ],
      },
      search: { filters: ["status", "price"], groups: ["status", "sold:month", "price"] },
    })
    expect(uiOf("plots.clerk").views).toEqual({
      model: "plots.Plot",
      list: ["name", "owner.name"],
      form: { sections: [{ fields: ["name", "town.name", "stones"] }, { title: "Sale", fields: ["sold"] }] },
      search: { filters: ["status"], groups: ["status", "sold:month"] },
    })
  })

  test("words come in the language that is asked for, the rest in the contract's", () => {
    const ui = uiOf("plots.surveyor", "fr")
    expect([ui.title, ui.plural]).toEqual(["Parcelle", "Parcelles"])
    expect(ui.fields.owner).toMatchObject({ label: "Propriétaire", help: "Qui paie l'impôt" })
    expect(ui.fields.sold.label).toBe("Vendue le")
    expect(ui.fields.createdBy.label).toBe("Créé par")
    expect(ui.fields.name.label).toBe("Name")
    expect(ui.lifecycle.states.slice(0, 2)).toMatchObject([{ label: "Libre" }, { label: "Reserved" }])
    expect(ui.transitions.sell).toMatchObject({ label: "Vendre", input: { price: { label: "Prix convenu" } } })
    expect(ui.transitions.reserve.label).toBe("Reserve")
    expect(ui.views.form.sections[1].title).toBe("Vente")
  })

  test.each([
    ["fr", "fr"],
    ["fr-CH, en;q=0.5", "fr"],
    ["en-GB, fr;q=0.9", ""],
    ["de, fr;q=0.3", "fr"],
    ["de, *;q=0.1", ""],
    ["fr;q=0, de", ""],
    ["", ""],
  ])("Accept-Language: %s gives %j", (header, language) => {
    expect(languageOf({ headers: new Headers(header === "" ? {} : { "accept-language": header }) }, service)).toBe(
      language,
    )
  })
})

describe("a service does not start", () => {
  test.each([
    [
      "a view of a field that is not there",
      { views: [{ model: "plots.Plot", list: ["nosuch"] }] },
      'plots.Plot has no "nosuch"',
    ],
    [
      "a view of what another service keeps",
      { views: [{ model: "plots.Plot", list: ["owner.taxNumber"] }] },
      "what is mirrored here",
    ],
    ["a view of another service's model", { views: [{ model: "land.Owner" }] }, "no such model in this service"],
    ["two views of a model", { views: [{ model: "plots.Plot" }, { model: "plots.Plot" }] }, "given twice"],
    [
      "words for a state that is not there",
      {
        translations: [
          {
            service: "plots",
            languages: { fr: { models: { Plot: { fields: { status: { values: { gone: "Parti" } } } } } } },
          },
        ],
      },
      '"gone" is no value of plots.Plot.status',
    ],
    ["words in no language", { translations: [{ service: "plots", languages: { "": {} } }] }, "a language is a tag"],
  ])("with %s", (_, options, message) => {
    expect(() => resolved(options)).toThrow(message)
  })
})

test("names that do not exist are errors of the compiler", () => {
  // @ts-expect-error: there is no field "nosuch"
  views("plots.Plot", { list: ["nosuch"] })
  // @ts-expect-error: Owner has no field "nosuch"
  views("plots.Plot", { form: { sections: [{ fields: ["name", "owner.nosuch"] }] } })
  // @ts-expect-error: a period of a field that is not there
  views("plots.Plot", { search: { groups: ["nosuch:month"] } })
  // @ts-expect-error: there is no state "gone"
  translations("plots", { fr: { models: { Plot: { fields: { status: { values: { gone: "Parti" } } } } } } })
  // @ts-expect-error: there is no transition "burn"
  translations("plots", { fr: { models: { Plot: { transitions: { burn: "Brûler" } } } } })
  // @ts-expect-error: there is no value "sea"
  choice("field", "wood").tones({ sea: "info" })
  expect(plotViews.list).toHaveLength(5)
})
