import { action, contract, file, identity, integer, model, resolveCatalog, states, text } from "@archipel/core"
import type { FileReference } from "@archipel/core"
import { expect, test } from "vitest"
import { settleFiles } from "../../src/files/file-values.ts"
import type { FileStore } from "../../src/files/file-store.ts"

const papers = contract("papers", {
  roles: ["user"],
  models: {
    Paper: model(
      {
        title: text(),
        status: states(["open", "signed"], { sign: { from: ["open"], to: "signed", input: { scan: file() } } }),
      },
      { actions: { attach: action({ scan: file(), page: integer() }), touch: action() } },
    ),
  },
})
const catalog = resolveCatalog([identity.definition, papers.definition])
const stored: FileReference = {
  id: "6f2c1a52-58d5-4a3e-9a70-1a53b7f0a111",
  name: "a.pdf",
  type: "application/pdf",
  sizeBytes: 3,
}
const claimed = { ...stored, name: "b.exe", sizeBytes: 99 }

function storeOf(taken: string[]): FileStore {
  return {
    async take(id) {
      if (id !== stored.id) return null
      taken.push(id)
      return stored
    },
    purge: async () => 0,
    put: async () => stored,
    read: async () => null,
  }
}
const invoke = (name: string, input: object) =>
  ({ operation: "invoke", model: "papers.Paper", id: "1", action: name, input: input as never }) as const

test.each(["attach", "sign"])("a file in the input of %s is taken, and is what the store knows of it", async (name) => {
  const taken: string[] = []
  const change = invoke(name, { scan: claimed, page: 2 })
  expect(await settleFiles(storeOf(taken), catalog, change)).toEqual({ ...change, input: { scan: stored, page: 2 } })
  expect(taken).toEqual([stored.id])
})

test("an input names no file that is not there", async () => {
  const unknown = { ...claimed, id: "6f2c1a52-58d5-4a3e-9a70-1a53b7f0a112" }
  await expect(settleFiles(storeOf([]), catalog, invoke("attach", { scan: unknown }))).rejects.toMatchObject({
    code: "record.invalid",
    details: { errors: [{ path: "/scan", code: "file.unknown" }] },
  })
})

test("what is no file of the input is left to the gate", async () => {
  const change = invoke("touch", { scan: claimed, constructor: {} })
  expect(await settleFiles(storeOf([]), catalog, change)).toEqual(change)
})
