import { readFileSync } from "node:fs"
import { type ErrorCode, errorCatalog, kindOf } from "@archipel/core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type DepotServer, startDepot } from "../../packages/server/test/http/depot-server.ts"
import { errorReference } from "../../tools/error-reference.ts"

test("the page of errors is what the catalogue says", () => {
  const page = readFileSync(new URL("../../docs/reference/errors.md", import.meta.url), "utf8")
  expect(page, "run: node --conditions=@archipel/source tools/error-reference.ts").toBe(errorReference())
})

describe("the address of a problem's type", () => {
  let depot: DepotServer
  beforeAll(async () => {
    depot = await startDepot()
  })
  afterAll(() => depot?.close())

  test("answers with a page for every code, whoever asks", async () => {
    for (const code of Object.keys(errorCatalog) as ErrorCode[]) {
      const response = await fetch(`${depot.url}/errors/${code}`)
      const text = await response.text()
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
      expect(text).toContain(`<code>${code}</code>, status ${kindOf(code).status}.`)
    }
  })

  test("is the one that a problem has", async () => {
    const problem = (await depot.ask("/api/nowhere", { as: "alice" })).json as { readonly type: string }
    expect((await fetch(depot.url + problem.type)).status).toBe(200)
  })

  test("lists all codes", async () => {
    const text = await (await fetch(`${depot.url}/errors`)).text()
    for (const code of Object.keys(errorCatalog)) expect(text).toContain(`href="/errors/${code}"`)
  })

  test("of an unknown code is 404", async () => {
    expect((await fetch(`${depot.url}/errors/no.such_code`)).status).toBe(404)
    expect((await fetch(`${depot.url}/errors/toString`)).status).toBe(404)
  })
})
