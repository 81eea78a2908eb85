import type { Page } from "playwright-core"
import { descriptionOf, withManyServices } from "./large-registry.ts"
import { type Check, ORDERS } from "./check.ts"
import { startFigures, startsAt } from "./start.ts"

/** A program of a hundred services with fifty models each, as its gateway would publish it. */
export const registry: Check = {
  numbers: [8],
  ofEachSize: false,
  async measure({ company, times }) {
    const program = JSON.stringify(withManyServices((await company.ask("/api/$ui")).json))
    const asked: string[] = []
    // By the protocol: Playwright's own routes would turn off the browser's cache.
    const answer = async (page: Page): Promise<void> => {
      const session = await page.context().newCDPSession(page)
      session.on("Fetch.requestPaused", ({ requestId, request }) => {
        const { pathname } = new URL(request.url)
        if (pathname !== "/api/$ui") asked.push(pathname)
        const text = pathname === "/api/$ui" ? program : JSON.stringify(descriptionOf(pathname))
        const responseHeaders = [{ name: "content-type", value: "application/json" }]
        const body = Buffer.from(text).toString("base64")
        session.send("Fetch.fulfillRequest", { requestId, responseCode: 200, responseHeaders, body }).catch(() => {})
      })
      await session.send("Fetch.enable", {
        patterns: [{ urlPattern: "*/api/$ui" }, { urlPattern: "*/api/department*" }],
      })
    }
    const context = await company.enter()
    const all = await startsAt(context, `${company.url}/admin${ORDERS}`, times, answer)
    await context.close()
    return [
      ...startFigures(8, "100 services × 50 models: warm start", all, 500),
      {
        check: 8,
        what: "requests for what nobody opened",
        samples: [asked.length],
        unit: "requests",
        goal: 0,
      },
    ]
  },
}
