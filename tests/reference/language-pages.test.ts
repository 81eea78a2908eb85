import { readFileSync } from "node:fs"
import { open, type Service } from "@archipel/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { noLog } from "../../packages/server/src/log.ts"
import { asksOf } from "../support/asking.ts"
import { users } from "../support/company.ts"
import { testDatabase } from "../support/database.ts"
import { exampleRunner, examplesOf } from "./http-examples.ts"
import { blocksOf, wordOf } from "./markdown-blocks.ts"
import { type SourceDirectory, sourceDirectory } from "./source-directory.ts"

const blocksIn = (page: string) =>
  blocksOf(readFileSync(new URL(`../../docs/reference/${page}`, import.meta.url), "utf8"))
const [contracts, logic] = [blocksIn("contracts.md"), blocksIn("logic.md")]

describe("the service of the pages on contracts and logic", () => {
  let sources: SourceDirectory
  let run: ReturnType<typeof exampleRunner>
  const cleanup = new AsyncDisposableStack()

  beforeAll(async () => {
    const files = [...contracts, ...logic].flatMap((block): [string, string][] => {
      const name = wordOf(block, "file")
      return name === undefined ? [] : [[name, block.text]]
    })
    sources = cleanup.use(await sourceDirectory(Object.fromEntries(files)))
    const { library } = (await sources.load("service.ts")) as { readonly library: Service }
    const identity = cleanup.use(await testDatabase("identity"))
    const own = cleanup.use(await testDatabase("library"))
    const program = cleanup.use(
      await open([library], {
        port: 0,
        host: "127.0.0.1",
        dataDirectory: sources.path,
        env: { DATABASE_URL_IDENTITY: identity.url, DATABASE_URL_LIBRARY: own.url },
        log: noLog,
      }),
    )
    await program.open.mirrorsCaughtUp()
    run = exampleRunner(asksOf(program.url), { ...users })
  }, 120_000)
  afterAll(() => cleanup.disposeAsync())

  test("has the types that the compiler wants", async () => {
    expect(await sources.mistakes()).toBe("")
  })

  test.each(examplesOf(contracts))("contracts.md $title", (example) => run(example))
  test.each(examplesOf(logic))("logic.md $title", (example) => run(example))
})
