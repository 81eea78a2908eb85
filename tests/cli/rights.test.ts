import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { archipel } from "./command-line.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const main = join(root, "examples/company/main.ts")

test("rights says what the committed files say, of all services or of one", () => {
  const folders = [
    "packages/identity",
    "packages/gateway",
    ...["crm", "catalog", "people", "sales"].map((name) => `examples/company/${name}`),
  ]
  const texts = folders.map((folder) => readFileSync(join(root, folder, "rights.txt"), "utf8"))
  expect(archipel(root, ["rights", main])).toEqual({ code: 0, err: "", out: texts.join("\n") })
  expect(archipel(root, ["rights", main, "--service", "sales"]).out).toBe(texts[5])
  const none = archipel(root, ["rights", main, "--service", "sale"])
  expect(none).toMatchObject({ code: 1, out: "" })
  expect(none.err).toContain('The program has no service "sale". Did you mean "sales"?')
})

test("rights are written beside the services; a program of one file has no such place", () => {
  const hello = archipel(root, ["rights", join(root, "examples/hello/hello.ts"), "--write"])
  expect(hello.code).toBe(1)
  expect(hello.err).toContain("has no folder of its own.")
})
