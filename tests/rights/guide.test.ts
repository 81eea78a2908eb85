import { readFileSync } from "node:fs"
import { knownContracts, resolveCatalog } from "@archipel/core"
import { open, rightsText, type Service } from "@archipel/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Log, noLog, type RequestEntry } from "../../packages/server/src/log.ts"
import { exampleRunner, examplesOf } from "../reference/http-examples.ts"
import { blocksOf, wordOf } from "../reference/markdown-blocks.ts"
import { type SourceDirectory, sourceDirectory } from "../reference/source-directory.ts"
import { asksOf } from "../support/asking.ts"
import { users } from "../support/company.ts"
import { testDatabase } from "../support/database.ts"

const page = blocksOf(readFileSync(new URL("../../docs/guides/rights.md", import.meta.url), "utf8"))

describe("the guide to rights", () => {
  let sources: SourceDirectory
  let run: ReturnType<typeof exampleRunner>
  let desk: Service
  const lines: RequestEntry[] = []
  const cleanup = new AsyncDisposableStack()

  beforeAll(async () => {
    const files = page.flatMap((block): [string, string][] => {
      const name = wordOf(block, "file")
      return name === undefined ? [] : [[name, block.text]]
    })
    sources = cleanup.use(await sourceDirectory(Object.fromEntries(files)))
    desk = ((await sources.load("service.ts")) as { readonly desk: Service }).desk
    const identity = cleanup.use(await testDatabase("identity"))
    const own = cleanup.use(await testDatabase("helpdesk"))
    const log: Log = { ...noLog, request: (entry) => lines.push(entry) }
    const program = cleanup.use(
      await open([desk], {
        port: 0,
        host: "127.0.0.1",
        dataDirectory: sources.path,
        env: { DATABASE_URL_IDENTITY: identity.url, DATABASE_URL_HELPDESK: own.url },
        development: {
          roles: { manager: ["helpdesk.clerk", "helpdesk.manager", "identity.reader"] },
          claims: {
            administrator: { companies: ["north", "south"] },
            manager: { companies: ["north"] },
            clerk: { companies: ["north"] },
          },
        },
        log,
      }),
    )
    run = exampleRunner(asksOf(program.url), { ...users })
  }, 120_000)
  afterAll(() => cleanup.disposeAsync())

  test("its sources have the types that the compiler wants", async () => {
    expect(await sources.mistakes()).toBe("")
  })

  test.each(examplesOf(page))("$title", (example) => run(example))

  test("the log says which rules refused", () => {
    const refused = lines.filter(({ code }) => code === "access.denied" || code === "access.field_denied")
    expect(refused.map(({ rules }) => rules)).toEqual([
      ["helpdesk.Ticket/on/close/where", "helpdesk.Ticket/on/close/notBy"],
      ["helpdesk.Ticket/on/close/where"],
      ["helpdesk.Ticket/grant/clerk/create"],
      ["helpdesk.Ticket/company"],
      undefined,
    ])
  })

  test("its part of the matrix is one", () => {
    const text = rightsText(desk, resolveCatalog(knownContracts().values()))
    const part = page.find(({ language }) => language === "text")?.text ?? "nothing"
    expect(text).toContain(part)
  })
})
