import { readCsv } from "@archipel/core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type DepotServer, startDepot } from "./depot-server.ts"

describe("CSV", () => {
  test.each([
    [
      "quotes, commas and line breaks",
      'a,b\r\n"x, y","say ""hi""\nthere"\r\n',
      [
        ["a", "b"],
        ["x, y", 'say "hi"\nthere'],
      ],
    ],
    [
      "semicolons, and a mark of byte order",
      "\u{feff}a;b\n1,5;2",
      [
        ["a", "b"],
        ["1,5", "2"],
      ],
    ],
    [
      "tabs, empty lines and empty cells",
      "a\tb\n\n\t2\n",
      [
        ["a", "b"],
        ["", "2"],
      ],
    ],
    [
      "formulas that an export made texts of",
      "a,b\n'=1+1,'tis",
      [
        ["a", "b"],
        ["=1+1", "'tis"],
      ],
    ],
    ["nothing", "", []],
  ])("with %s", (_, text, rows) => {
    expect(readCsv(text)).toEqual(rows)
  })
})

describe("an import", () => {
  let depot: DepotServer
  beforeAll(async () => {
    depot = await startDepot()
    for (const name of ["fragile", "heavy"]) await depot.ask("/api/depot/tags", { body: { name } })
  })
  afterAll(() => depot.close())

  const products = "/api/depot/products"
  const load = (body: object, path = products, as = "alice") => depot.ask(`${path}/$import`, { body, as })
  const found = async (query: string) => (await depot.ask(`${products}?${query}`)).json.data

  test("makes records of the rows that hold, and tells of the others by row and column", async () => {
    const csv =
      "Code,name,PRICE,stock,active,Colour\nI-1,Hammer,12.50,3,yes,red\nI-2,Saw,cheap,3,no,red\nI-3,,1.00,x,,red\n"
    const answer = await load({ csv })
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        dryRun: false,
        rows: 3,
        created: 1,
        updated: 0,
        failed: 2,
        ignored: ["Colour"],
        errors: [
          { row: 3, column: "PRICE", code: "value.type", detail: expect.any(String) },
          { row: 4, column: "stock", code: "value.type", detail: expect.any(String) },
        ],
      },
    ])
    expect(await found("code[startsWith]=I-&select=code,name,price,stock,active")).toMatchObject([
      { code: "I-1", name: "Hammer", price: "12.50", stock: 3, active: true },
    ])
    const empty = await load({ csv: "code,name,price\nI-3,,1.00" })
    expect(empty.json.errors).toMatchObject([{ row: 2, column: "name", code: "value.required" }])
  })

  test("changes the records that have the same key, and can be repeated", async () => {
    const csv = "code,name,price\nK-1,One,1.00\nK-2,Two,2.00\n"
    expect((await load({ csv, key: "code" })).json).toMatchObject({ created: 2, updated: 0, failed: 0 })
    const again = "code,name\nK-1,First\nK-3,Third\nK-1,Twice\n,None\n"
    const answer = (await load({ csv: again, key: "code" })).json
    expect(answer).toMatchObject({ created: 0, updated: 1, failed: 3 })
    expect(answer.errors).toMatchObject([
      { row: 3, column: null, code: "value.required" },
      { row: 4, column: "code", code: "key.repeated" },
      { row: 5, column: "code", code: "value.required" },
    ])
    expect(await found("code[startsWith]=K-&select=code,name&orderBy=code")).toMatchObject([
      { code: "K-1", name: "First" },
      { code: "K-2", name: "Two" },
    ])
  })

  test("takes what an export gives, by id", async () => {
    await load({ csv: "code,name,price\nX-1,Before,1.00\n" })
    const exported = await depot.ask(`${products}/$export?format=csv&code=X-1`)
    const answer = await load({
      csv: exported.text.replace("Before", "After"),
      key: "id",
      mapping: { attributes: null, manual: null, photo: null },
    })
    expect(answer.json).toMatchObject({ created: 0, updated: 1, failed: 0, errors: [] })
    expect(await found("code=X-1&select=name")).toMatchObject([{ name: "After" }])
  })

  test("that is a dry run leaves nothing", async () => {
    const answer = await load({
      columns: ["code", "name", "price"],
      rows: [
        ["D-1", "Dry", "1.00"],
        ["D-2", "Wet", "-1"],
      ],
      dryRun: true,
    })
    expect(answer.json).toMatchObject({
      dryRun: true,
      created: 1,
      failed: 1,
      errors: [{ row: 3, column: "price", code: "value.too_small" }],
    })
    expect(await found("code[startsWith]=D-")).toEqual([])
  })

  test("finds references by title, key and id, and replays transitions to the state of a row", async () => {
    await load({ csv: "code,name,price\nR-1,Nail,1.00\n" })
    const csv =
      "customer,owner,status,owner.email\nFirst,Clara Lindqvist,cancelled,x\nSecond,,confirmed,\nThird,Nobody,draft,\nFourth,,gone,\n"
    const answer = (await load({ csv, mapping: { "owner.email": null } }, "/api/depot/orders")).json
    expect(answer).toMatchObject({ rows: 4, created: 1, failed: 3 })
    expect(answer.errors).toMatchObject([
      // Without lines it cannot be confirmed.
      { row: 3, column: null, code: "order.empty" },
      { row: 4, column: "owner", code: "reference.missing" },
      { row: 5, column: "status", code: "value.choice" },
    ])
    const [order] = (await depot.ask("/api/depot/orders?customer=First&select=status,owner.email,version")).json.data
    expect(order).toMatchObject({ status: "cancelled", owner: { email: "clara@example.com" }, version: 2 })
    const byEmail = { csv: "customer,who\nFifth,clara@example.com\n", mapping: { who: "owner.email" } }
    expect((await load(byEmail, "/api/depot/orders")).json).toMatchObject({ created: 1, errors: [] })
  })

  test("has the rights of who imports", async () => {
    expect((await load({ csv: "code,name,price\nN-1,No,1.00\n" }, products, "clara")).status).toBe(403)
    const secret = await load(
      { csv: "customer,secret\nA,b\n", mapping: { secret: "secret" } },
      "/api/depot/orders",
      "clara",
    )
    expect([secret.status, secret.json.code]).toEqual([400, "query.unknown_field"])
    const guessed = await load({ csv: "customer,secret\nMine,b\n" }, "/api/depot/orders", "clara")
    expect(guessed.json).toMatchObject({ created: 1, ignored: ["secret"] })
    const foreign = (await load({ csv: "customer,owner\nTheirs,Alice Arnaud\n" }, "/api/depot/orders", "clara")).json
    expect(foreign).toMatchObject({ created: 0, errors: [{ row: 2, code: "access.denied" }] })
  })

  test.each([
    ["no table", {}, "request.invalid"],
    ["a column twice", { csv: "code,code\na,b\n" }, "request.invalid"],
    ["a mapping of no column", { csv: "code\na\n", mapping: { nosuch: "name" } }, "request.invalid"],
    ["a mapping to no field", { csv: "code\na\n", mapping: { code: "nosuch" } }, "query.unknown_field"],
    ["a key that is none", { csv: "name\na\n", key: "name" }, "request.invalid"],
    ["a key without a column", { csv: "name\na\n", key: "code" }, "request.invalid"],
    ["nothing that it knows", { csv: "nosuch\na\n" }, "request.invalid"],
    ["too many rows", { columns: ["code"], rows: Array.from({ length: 5_001 }, () => ["x"]) }, "request.too_complex"],
    ["a member that is not known", { csv: "code\na\n", format: "xlsx" }, "request.invalid"],
  ])("is refused with %s", async (_, body, code) => {
    expect((await load(body)).json.code).toBe(code)
  })
})
