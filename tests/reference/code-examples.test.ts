import { readFileSync } from "node:fs"
import type { Db, Principal } from "@archipel/core"
import { openServices } from "@archipel/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { services } from "../../examples/company/services.ts"
import { developmentIdentity } from "../../packages/server/src/auth/development-identity.ts"
import { declaredRoles } from "../../packages/server/src/auth/development-users.ts"
import { openCompany, seeded, users } from "../support/company.ts"
import { blocksOf, wordOf } from "./markdown-blocks.ts"
import { type SourceDirectory, sourceDirectory } from "./source-directory.ts"

interface Snippet {
  readonly title: string
  readonly file: string
  readonly text: string
}

/** Blocks `ts` that are no file of their own: what could stand where `db`, and a product's id, are at hand. */
const snippets = ["queries.md", "changes.md"].flatMap((page): Snippet[] =>
  blocksOf(readFileSync(new URL(`../../docs/reference/${page}`, import.meta.url), "utf8"))
    .filter((block) => block.language === "ts" && wordOf(block, "file") === undefined)
    .map(({ text, line }) => ({ title: `${page} line ${line}`, file: `${page.replace(".md", "")}-${line}.ts`, text })),
)

const moduleOf = (text: string): string => `import type { Db, Id } from "@archipel/core"
import "@company/sales"
export async function run({ db, product }: { readonly db: Db; readonly product: Id<"catalog.Product"> }): Promise<void> {
${text}
}
`

describe("examples in code", () => {
  const cleanup = new AsyncDisposableStack()
  let sources: SourceDirectory
  let db: Db

  beforeAll(async () => {
    sources = cleanup.use(await sourceDirectory(Object.fromEntries(snippets.map((s) => [s.file, moduleOf(s.text)]))))
    const company = cleanup.use(await openCompany())
    const all = [developmentIdentity, ...services]
    const open = cleanup.use(
      await openServices({ services: all, env: company.databases.env, dataDirectory: sources.path }),
    )
    const alice: Principal = {
      kind: "user",
      id: users.alice,
      roles: declaredRoles(open.catalog),
      claims: {},
      timeZone: "UTC",
    }
    db = open.as(alice)
  }, 120_000)
  afterAll(() => cleanup.disposeAsync())

  test("there are some, and they have the types that the compiler wants", async () => {
    expect(snippets.length).toBeGreaterThanOrEqual(2)
    expect(await sources.mistakes()).toBe("")
  })

  test.each(snippets)("$title", async ({ file }) => {
    const { run } = (await sources.load(file)) as { run(given: object): Promise<void> }
    await run({ db, product: seeded.products[0] })
  })
})
