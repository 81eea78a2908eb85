import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import { open } from "@archipel/server"
import pg from "pg"
import { expect } from "vitest"
import { complaints, launch } from "../support/real-browser.ts"
import { noLog } from "../../packages/server/src/log.ts"
import { archipel } from "../cli/command-line.ts"
import { testDatabase } from "../support/database.ts"
import { optionalPath, optionalProgram } from "../support/optional.ts"
import { adoptedProject } from "./adopted.ts"

optionalPath("NORTHWIND_SQL").describe("an adopted database", (path) => {
  optionalProgram("chromium", "google-chrome").test("is worked with in the admin", async (executablePath) => {
    await using resources = new AsyncDisposableStack()
    const database = resources.use(await testDatabase("northwind"))
    const identity = resources.use(await testDatabase("northwind_identity"))
    const gateway = resources.use(await testDatabase("northwind_gateway"))
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    resources.defer(() => client.end())
    await client.query(readFileSync(path, "utf8"))
    const project = resources.use(adoptedProject())
    expect(archipel(project.path, ["adopt", database.url, "--service", "northwind"])).toMatchObject({
      code: 0,
      err: "",
    })
    const program = resources.use(
      await open([identityService(), gatewayService(), await project.service("northwind")], {
        port: 0,
        host: "127.0.0.1",
        dataDirectory: join(project.path, ".data"),
        env: {
          DATABASE_URL_NORTHWIND: database.url,
          DATABASE_URL_IDENTITY: identity.url,
          DATABASE_URL_GATEWAY: gateway.url,
        },
        log: noLog,
      }),
    )
    const browser = await launch(executablePath)
    resources.defer(() => browser.close())
    const page = await browser.newPage({ locale: "en-GB", viewport: { width: 1360, height: 800 } })
    const wrong = complaints(page)
    await page.goto(`${program.url}/admin/northwind/orders`)
    await page.getByLabel("E-mail address").fill("alice@example.com")
    await page.getByLabel("Password", { exact: true }).fill("archipel")
    await page.getByRole("button", { name: "Log in", exact: true }).click()
    await page.getByText("830 records", { exact: true }).waitFor()
    await page
      .getByRole("row", { name: /Vins et alcools Chevalier/ })
      .first()
      .click()
    await page.getByText("Mozzarella di Giovanni").waitFor()
    await page.getByText("Nothing was changed here so far.").waitFor()
    await page.getByLabel("Freight").fill("33.50")
    await page.keyboard.press("Control+s")
    await page.getByRole("complementary", { name: "Activity" }).getByText("changed this").waitFor()
    const { rows } = await client.query("select freight::text from orders where order_id = 10248")
    expect(rows).toEqual([{ freight: "33.5" }])
    expect(wrong).toEqual([])
  })
})
