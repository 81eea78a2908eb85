import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ArchipelError } from "./errors.ts"
import { parseBulk, parseChange } from "./parse-change.ts"

const refusal = (read: () => unknown) => {
  try {
    read()
  } catch (error) {
    if (!(error instanceof ArchipelError)) throw error
    const { errors = [] } = error.details as { readonly errors?: readonly { readonly path: string }[] }
    return { code: error.code, paths: errors.map((e) => e.path) }
  }
  return { code: "none", paths: [] }
}

describe("changes as JSON", () => {
  test.each([
    [{ operation: "create", values: { a: 1 } }],
    [{ operation: "create", id: "x", values: {} }],
    [{ operation: "update", id: "x", version: 3, values: {} }],
    [{ operation: "delete", id: "x" }],
    [{ operation: "upsert", key: ["code"], values: {} }],
    [{ operation: "restore", id: "x", version: 1 }],
    [{ operation: "invoke", id: "x", action: "confirm", input: {} }],
  ])("%j passes unchanged", (json) => {
    expect(parseChange(json, "sales.Order")).toEqual({ model: "sales.Order", ...json })
  })

  test.each([
    [{}, ["/operation"]],
    [{ operation: "toString" }, ["/operation"]],
    [{ operation: "create" }, ["/values"]],
    [{ operation: "create", values: [], version: 1 }, ["/values", "/version"]],
    [{ operation: "update", id: 5, version: 0, values: null }, ["/id", "/version", "/values"]],
    [{ operation: "delete", id: "" }, ["/id"]],
    [{ operation: "upsert", key: [], values: {} }, ["/key"]],
    [{ operation: "invoke", id: "x", action: "y", model: "crm.Customer" }, ["/model"]],
  ])("%j is refused at %j", (json, paths) => {
    expect(refusal(() => parseChange(json, "sales.Order"))).toEqual({ code: "request.invalid", paths })
  })

  test("a bulk names the mistakes of all its changes", () => {
    const json = { atomic: "yes", changes: [{ operation: "delete", id: "x" }, 5, { operation: "create" }], extra: 1 }
    expect(refusal(() => parseBulk(json, "a.B")).paths).toEqual([
      "/extra",
      "/atomic",
      "/changes/1",
      "/changes/2/values",
    ])
    const many = { changes: Array.from({ length: 1_001 }, () => ({ operation: "delete", id: "x" })) }
    expect(refusal(() => parseBulk(many, "a.B")).code).toBe("request.too_complex")
    expect(parseBulk({ changes: [{ operation: "delete", id: "x" }] }, "a.B").atomic).toBe(false)
  })

  test("any JSON is a change or refused with a code", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(["none", "request.invalid"]).toContain(refusal(() => parseChange(json)).code)
        expect(["none", "request.invalid", "request.too_complex"]).toContain(refusal(() => parseBulk(json)).code)
      }),
    )
  })
})
