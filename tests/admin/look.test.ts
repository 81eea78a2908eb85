/**
 * How the admin looks, to whoever sees it, hears it or touches it: each view in each state, light and dark, wide and narrow.
 *
 * @module
 */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { findings } from "../support/real-browser.ts"
import { seeded } from "../support/company.ts"
import { isFullRun, propertySeed, sampled } from "../support/counts.ts"
import { optionalProgram } from "../support/optional.ts"
import { adminProgram, type AdminProgram, looks } from "./admin-program.ts"
import { misfits, tooSmall } from "./fits.ts"
import { hostileTexts, ran, seedHostile } from "./hostile.ts"
import { isSeenAt, screens, show } from "./screens.ts"

const ORDERS = "/admin/sales/orders"
const MINUTES = 60_000

const matrix = screens.flatMap((screen) =>
  looks.filter(({ width }) => isSeenAt(screen, width)).map((look) => ({ screen, ...look })),
)

const firstRow = (page: Page) => page.locator("[role=row][data-id]").first()

optionalProgram("chromium", "google-chrome").describe("the look of the admin", (executablePath) => {
  let program: AdminProgram
  beforeAll(async () => {
    program = await adminProgram(executablePath)
  })
  afterAll(() => program?.[Symbol.asyncDispose]())

  test("axe finds nothing, and everything fits: each view, ready, empty, loading, failed and denied, in both schemes, at three widths", {
    timeout: 20 * MINUTES,
  }, async () => {
    const cases = sampled(matrix, 6)
    for (const [screen, each] of Map.groupBy(cases, ({ screen: of }) => of)) {
      const { page, wrong, context } = await program.visit(screen.as, "/admin/")
      for (const { width, scheme } of each) {
        const at = `${screen.name}, ${scheme} at ${width}`
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" })
        await page.setViewportSize({ width, height: 800 })
        await show(page, program.url, screen)
        expect.soft(await findings(page), at).toEqual([])
        expect.soft(await misfits(page), at).toEqual([])
      }
      // What was made to fail is told to the console by the browser itself.
      expect.soft(screen.answers ? [] : wrong, screen.name).toEqual([])
      await context.close()
    }
    if (isFullRun) console.log(`${cases.length} screens were looked at.`)
  })

  test("on a telephone everything is there and large enough to touch; at 320 px and zoomed to 400 % as well", {
    timeout: 10 * MINUTES,
  }, async () => {
    const touched = sampled(
      screens.filter((screen) => isSeenAt(screen, 390)),
      2,
      1,
    )
    const windows = [
      { width: 390, height: 720 },
      { width: 320, height: 640 },
      // 1280 × 1024 at 400 %.
      { width: 320, height: 256 },
    ]
    for (const screen of touched) {
      const { page, context } = await program.visit(screen.as, "/admin/", {
        hasTouch: true,
        isMobile: true,
        viewport: { width: 390, height: 720 },
      })
      for (const viewport of windows) {
        await page.setViewportSize(viewport)
        await show(page, program.url, screen)
        const at = `${screen.name} at ${viewport.width} × ${viewport.height}`
        expect.soft(await misfits(page), at).toEqual([])
        expect.soft(await tooSmall(page, "[data-primary], [role=dialog] .mantine-Button-root"), at).toEqual([])
      }
      await context.close()
    }
  })

  test("screen readers get a grid, a combobox and a dialog, each named and complete", async () => {
    const { page, wrong, context } = await program.visit(
      "martin",
      `${ORDERS}?columns=number,status,total&sort=number&where=${encodeURIComponent('[{"number":{"in":["SO-2026-00001","SO-2026-00002"]}}]')}`,
    )
    await page.getByText("2 records", { exact: true }).waitFor()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    expect(await page.getByRole("grid").ariaSnapshot()).toMatchInlineSnapshot(`
      "- grid "Orders":
        - rowgroup:
          - row "Select all rows that are shown Number Status Total":
            - columnheader "Select all rows that are shown":
              - checkbox "Select all rows that are shown" [checked=mixed]
            - columnheader "Number":
              - button "Number"
            - columnheader "Status":
              - button "Status"
            - columnheader "Total":
              - button "Total"
        - rowgroup:
          - row "Select SO-2026-00001 SO-2026-00001 Draft €0.00" [selected]:
            - gridcell "Select SO-2026-00001":
              - checkbox "Select SO-2026-00001" [checked]
            - gridcell "SO-2026-00001":
              - link "SO-2026-00001":
                - /url: /admin/sales/orders/0190aaaa-0008-7000-8000-000000000001
            - gridcell "Draft"
            - gridcell "€0.00"
          - row "Select SO-2026-00002 SO-2026-00002 Draft €8,551.43":
            - gridcell "Select SO-2026-00002":
              - checkbox "Select SO-2026-00002"
            - gridcell "SO-2026-00002":
              - link "SO-2026-00002":
                - /url: /admin/sales/orders/0190aaaa-0008-7000-8000-000000000002
            - gridcell "Draft"
            - gridcell "€8,551.43"
        - rowgroup:
          - row "Total €8,551.43":
            - gridcell "Total"
            - gridcell
            - gridcell "€8,551.43""
    `)
    expect(
      await page.getByRole("grid").evaluate((grid) => {
        const named = grid.ownerDocument.getElementById(grid.getAttribute("aria-activedescendant") ?? "")
        return named?.textContent
      }),
    ).toContain("SO-2026-00001")

    await page.goto(`${program.url}${ORDERS}/new`)
    const combobox = page.getByRole("combobox", { name: "Customer" })
    await combobox.fill("bäck")
    await page.getByRole("option", { selected: true }).waitFor()
    expect(await combobox.ariaSnapshot()).toMatchInlineSnapshot(`"- combobox "Customer" [expanded]: bäck"`)
    expect(await page.getByRole("listbox").ariaSnapshot()).toMatchInlineSnapshot(`
      "- listbox "Choose…":
        - option "Bäckerei Ümlaut" [selected]
        - option "Create “bäck”""
    `)
    const pointed = await combobox.evaluate((input) => {
      const of = (name: string) => input.ownerDocument.getElementById(input.getAttribute(name) ?? "")
      const option = of("aria-activedescendant")
      return {
        isExpanded: input.getAttribute("aria-expanded"),
        controls: of("aria-controls")?.getAttribute("role"),
        option: option?.textContent,
        isSelected: option?.getAttribute("aria-selected"),
      }
    })
    expect(pointed).toMatchInlineSnapshot(`
      {
        "controls": "listbox",
        "isExpanded": "true",
        "isSelected": "true",
        "option": "Bäckerei Ümlaut",
      }
    `)

    await page.goto(`${program.url}${ORDERS}/${seeded.orders[0]}`)
    const actions = page.getByRole("button", { name: "Actions", exact: true }).last()
    await actions.press("Enter")
    await page.getByRole("menuitem", { name: "Delete" }).press("Enter")
    const dialog = page.getByRole("dialog")
    await dialog.waitFor()
    expect(await dialog.ariaSnapshot()).toMatchInlineSnapshot(`
      "- dialog "Delete SO-2026-00001?":
        - heading "Delete SO-2026-00001?" [level=2]
        - button "Close":
          - img
        - paragraph: It and its lines are removed. For some seconds you can take it back.
        - button "Cancel"
        - button "Delete""
    `)
    expect(await dialog.evaluate((element) => element.contains(element.ownerDocument.activeElement))).toBe(true)
    expect(await dialog.getAttribute("aria-modal")).toBe("true")
    await page.keyboard.press("Escape")
    await dialog.waitFor({ state: "detached" })
    expect(wrong).toEqual([])
    await context.close()
  })

  test("what is found, saved and refused is said", async () => {
    const { page, wrong, context } = await program.visit("martin", ORDERS)
    const isSaid = (text: string) =>
      expect
        .poll(() => page.locator("[aria-live], [role=status], [role=alert]").allInnerTexts())
        .toEqual(expect.arrayContaining([expect.stringContaining(text)]))
    await firstRow(page).waitFor()
    await page.getByRole("searchbox").fill("SO-2026-00003")
    await isSaid("1 record shown")
    await page.goto(`${program.url}${ORDERS}/${seeded.orders[0]}`)
    await page.getByRole("textbox", { name: "Note", exact: true }).fill("said")
    await isSaid("1 unsaved change")
    await page.keyboard.press("Control+s")
    await isSaid("Saved")
    await page.getByRole("textbox", { name: "Required date", exact: true }).fill("2020-01-01")
    await page.keyboard.press("Control+s")
    await isSaid("Required before ordered")
    expect(wrong).toEqual([])
    await context.close()
  })

  test("nothing moves that was shown; what is awaited is not drawn for 200 ms, then in its final size", async () => {
    const { page, context } = await program.visit("martin", "/admin/", { reducedMotion: "no-preference" })
    await context.addInitScript({
      content: `
        window.shifted = 0
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value
        }).observe({ type: "layout-shift", buffered: true })`,
    })
    for (const path of [
      "/admin/",
      ORDERS,
      `${ORDERS}?group=status`,
      `${ORDERS}?view=kanban`,
      `${ORDERS}/${seeded.orders[0]}`,
      `/admin/crm/customers/${seeded.customers[0]}`,
    ]) {
      await page.goto(program.url + path)
      await page.getByRole("heading").first().waitFor()
      await page.waitForLoadState("networkidle")
      expect.soft(await page.evaluate<number>("window.shifted"), path).toBeLessThanOrEqual(0.02)
    }
    let answer = (): void => {}
    const asked = new Promise<void>((resolve) => (answer = resolve))
    await page.route("**/api/sales/orders/$query", async (route) => {
      await asked
      await route.continue()
    })
    await page.goto(program.url + ORDERS)
    const skeleton = page.locator("[aria-busy=true]", { has: page.locator("[role=row]") })
    await skeleton.waitFor({ state: "attached" })
    const style = await page.evaluate(`(() => {
      const { animationDelay, animationFillMode } = getComputedStyle(document.querySelector("[aria-busy=true]:has([role=row])"))
      return { animationDelay, animationFillMode }
    })()`)
    expect(style).toEqual({ animationDelay: "0.2s", animationFillMode: "forwards" })
    const boxOf = async (row: ReturnType<Page["locator"]>) => {
      const box = await row.boundingBox()
      return box && { y: box.y, height: box.height, width: box.width }
    }
    const awaited = await boxOf(skeleton.locator("[role=row]").first())
    expect(await page.getByRole("progressbar").count()).toBe(0)
    answer()
    await firstRow(page).waitFor()
    expect(await boxOf(firstRow(page))).toEqual(awaited)
    await context.close()
  })

  test("hostile texts are shown wherever texts are, and run nowhere", { timeout: 5 * MINUTES }, async () => {
    const { text, customer, order, group } = await seedHostile(program.ask, propertySeed)
    const { page, wrong, context } = await program.visit("alice", "/admin/")
    const looksAt = async (what: string, shown = "data-hostile"): Promise<void> => {
      await page.waitForLoadState("networkidle")
      expect.soft(await ran(page), what).toEqual([])
      expect.soft(await page.locator("body").innerText(), what).toContain(shown)
    }
    const columns = "name,contactName,contactTitle,address,city,region"
    const filter = encodeURIComponent(JSON.stringify([{ city: hostileTexts[1] }]))
    const paths = [
      `/crm/customers?columns=${columns}&sort=-name`,
      "/crm/customers?group=city",
      `/crm/customers?where=${filter}`,
      `/sales/orders?columns=number,customer,shipName,reference&sort=-number`,
      "/sales/orders?view=kanban&columns=number,customer,shipName,reference&sort=-number",
      `/crm/customers/${customer}`,
      `/sales/orders/${order}`,
      `/identity/groups/${group}`,
    ]
    for (const path of sampled(paths, 4)) {
      await page.goto(`${program.url}/admin${path}`)
      await page.getByRole("heading").first().waitFor()
      // A list shows them all, a record its own.
      await looksAt(path, path.includes("?") ? "globalThis.hit" : text)
    }
    // The form is what is printed.
    await page.goto(`${program.url}/admin/sales/orders/${order}`)
    await page.locator("[data-form]").waitFor()
    await page.emulateMedia({ media: "print" })
    await looksAt("print", text)
    await page.emulateMedia({ media: "screen" })
    await page.keyboard.press("Control+k")
    await page.getByRole("dialog").locator("input").fill("globalThis")
    await page.getByRole("dialog").getByText("globalThis").nth(3).waitFor()
    await looksAt("palette")
    await page.keyboard.press("Escape")
    await page.goto(`${program.url}/admin/crm/customers?q=${encodeURIComponent(hostileTexts[1] as string)}`)
    await page.getByRole("button", { name: "Favourites", exact: true }).click()
    await page.getByLabel("Name", { exact: true }).fill(hostileTexts[1] as string)
    await page.getByRole("button", { name: "Keep this search" }).click()
    await page.getByLabel("Name", { exact: true }).waitFor({ state: "detached" })
    await page.getByRole("button", { name: "Favourites", exact: true }).click()
    await page.getByRole("button", { name: hostileTexts[1] as string, exact: true }).waitFor()
    await looksAt("favourites")
    await page.goto(`${program.url}/admin/crm/countries`)
    await page.getByRole("button", { name: "More", exact: true }).click()
    await page.getByRole("menuitem", { name: "Import CSV or Excel…" }).click()
    const dialog = page.getByRole("dialog")
    const quoted = hostileTexts.map((text) => `"${text.replaceAll('"', '""')}"`)
    const lines = [`Name,Code,${quoted[1]}`, ...quoted.map((text) => `${text},${text},${text}`)]
    const file = { name: "hostile.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) }
    await dialog.locator("input[type=file]").setInputFiles(file)
    await looksAt("import, columns")
    await dialog.getByRole("button", { name: "Check", exact: true }).click()
    await dialog.getByRole("heading", { name: "Checked" }).waitFor()
    await looksAt("import, mistakes")
    expect(wrong).toEqual([])
    await context.close()
  })
})
