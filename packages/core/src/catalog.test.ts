import { describe, expect, it } from "vitest"
import { DefinitionError, resolveCatalog } from "./catalog.ts"
import { email, integer, longText, phone, sequence, text } from "./fields.ts"
import { contract, model } from "./model.ts"
import { collectionName, snakeCase } from "./naming.ts"
import { many, manyToMany, one } from "./relations.ts"

const mistakesOf = (
  ...contracts: { definition: Parameters<typeof resolveCatalog>[0] extends Iterable<infer C> ? C : never }[]
) => {
  try {
    resolveCatalog(contracts.map((c) => c.definition))
    return []
  } catch (error) {
    if (error instanceof DefinitionError) return error.mistakes
    throw error
  }
}

describe("a catalog", () => {
  it("resolves references, their inverses, link tables and owners", () => {
    const shop = contract("shop_test", {
      roles: [],
      models: {
        Order: model({ lines: many("shop_test.OrderLine", "order").owned(), tags: manyToMany("shop_test.Tag") }),
        OrderLine: model({ order: one("shop_test.Order"), quantity: integer() }),
        Tag: model({ name: text(), orders: manyToMany("shop_test.Order", { inverse: "tags" }) }),
      },
    })
    const { models } = resolveCatalog([shop.definition, identityStub.definition])
    const line = models.get("shop_test.OrderLine")
    expect(line?.owner?.model.name).toBe("shop_test.Order")
    expect(line?.table).toBe("order_lines")
    const tags = models.get("shop_test.Order")?.members.get("tags")
    const orders = models.get("shop_test.Tag")?.members.get("orders")
    if (tags?.kind !== "manyToMany" || orders?.kind !== "manyToMany") throw new Error("not resolved")
    expect(tags).toMatchObject({ linkTable: "orders__tags", ownColumns: ["source_id"], declaring: true })
    expect(orders).toMatchObject({ linkTable: "orders__tags", ownColumns: ["target_id"], declaring: false })
    expect([...(models.get("shop_test.Tag")?.members.keys() ?? [])][0]).toBe("id")
  })

  it("searches what identifies a record, or the fields that the model names", () => {
    const fields = {
      number: sequence("A-{000}"),
      name: text(),
      code: text().unique(),
      city: text().index(),
      plain: text(),
      mail: email(),
      tel: phone(),
      amount: integer().index(),
      remark: longText(),
      region: text(),
    }
    const own = contract("search_test", {
      roles: [],
      models: {
        Usual: model(fields, { title: "name", index: [["-region"], ["plain", "name"]] }),
        Named: model(fields, { search: ["remark", "plain"] }),
        None: model(fields, { search: [] }),
      },
    })
    const { models } = resolveCatalog([own.definition, identityStub.definition])
    const searched = (name: string) => models.get(`search_test.${name}`)?.search.map((field) => field.name)
    expect(searched("Usual")).toEqual(["number", "name", "code", "city", "mail", "tel", "region"])
    expect(searched("Named")).toEqual(["plain", "remark"])
    expect(searched("None")).toEqual([])
    const wrong = contract("search_wrong", { roles: [], models: { A: model(fields, { search: ["amount"] }) } })
    expect(mistakesOf(wrong, identityStub)).toEqual([`search_wrong.A has no text field "amount" to search.`])
  })

  it("names every mistake at once, each with what to do", () => {
    const broken = contract("broken_test", {
      roles: [],
      models: {
        Order: model({
          customer: one("crmm.Customer"),
          where: text(),
          lines: many("broken_test.Line", "ordr"),
          id: text(),
        }),
        Line: model({ order: one("broken_test.Order") }),
        Lines: model({ name: text() }, { plural: "lines" }),
      },
    })
    expect(mistakesOf(broken, identityStub)).toMatchInlineSnapshot(`
      [
        "broken_test.Lines and broken_test.Line have the same collection "lines": give one of them a \`plural\`.",
        "broken_test.Order.id: every record has "id" already; leave it out.",
        "broken_test.Order.customer refers to "crmm.Customer", which no known contract declares: check the name, or import that contract.",
        "broken_test.Order.where: "where" is a word of the query language; choose another name.",
        "broken_test.Order.lines: broken_test.Line has no to-one field "ordr" that refers to broken_test.Order.",
      ]
    `)
  })
})

const identityStub = contract("identity", { roles: [], models: { User: model({ name: text() }) } })

describe("names", () => {
  it.each([
    ["Country", "countries"],
    ["OrderLine", "order-lines"],
    ["Address", "addresses"],
    ["Day", "days"],
    ["Box", "boxes"],
  ])("%s is collected as %s", (name, plural) => expect(collectionName(name)).toBe(plural))
  it("turn to snake case for the database", () => {
    expect(snakeCase("createdAt")).toBe("created_at")
    expect(snakeCase("HTTPPort")).toBe("http_port")
  })
})
