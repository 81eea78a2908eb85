import { type Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { sampled } from "../../../../tests/support/counts.ts"
import { optionalProgram } from "../../../../tests/support/optional.ts"
import { gallery, type GalleryServer, serveGallery } from "./gallery.ts"
import { complaints, findings, launch } from "../../../../tests/support/real-browser.ts"

const sizes = [
  { width: 390, height: 844 },
  { width: 1280, height: 860 },
] as const

const looks = sizes.flatMap((size) => (["light", "dark"] as const).map((colorScheme) => ({ size, colorScheme })))

optionalProgram("chromium", "google-chrome").describe("every page in a browser", (executablePath) => {
  let browser: Browser
  let server: GalleryServer
  beforeAll(async () => {
    browser = await launch(executablePath)
    server = await serveGallery()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  test.each(Object.keys(gallery).map((name, turn) => ({ name, turn })))(
    "$name is accessible and fits, light and dark, on a telephone and on a desk",
    async ({ name, turn }) => {
      const page = await browser.newPage()
      const wrong = complaints(page)
      const analysed = sampled(looks, 1, turn)
      for (const language of ["en", "fr"]) {
        await page.goto(`${server.url}/${language}/${name}`)
        // One language is enough for colours; words have to fit in both.
        const schemes = language === "en" ? (["light", "dark"] as const) : (["light"] as const)
        for (const size of sizes) {
          for (const colorScheme of schemes) {
            await page.setViewportSize(size)
            await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
            const at = `${language}, ${colorScheme}, ${size.width}`
            const isAnalysed = analysed.some((look) => look.size === size && look.colorScheme === colorScheme)
            if (language === "en" && isAnalysed) expect({ at, found: await findings(page) }).toEqual({ at, found: [] })
            const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")
            expect({ at, overflow: Math.max(overflow, 0) }).toEqual({ at, overflow: 0 })
          }
        }
      }
      expect(wrong).toEqual([])
      await page.close()
    },
  )

  test("targets on a telephone are large enough for a finger", async () => {
    const page = await browser.newPage({ viewport: sizes[0] })
    for (const name of ["login-outside", "factor-totp", "security", "sessions"]) {
      await page.goto(`${server.url}/en/${name}`)
      const small = await page
        .locator("button:visible, .button:visible, input:visible")
        .evaluateAll((all) =>
          all
            .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect().height] as const)
            .filter(([, height]) => height < 36),
        )
      expect({ name, small }).toEqual({ name, small: [] })
    }
    await page.close()
  })

  test("what is to be put right takes the focus, and leads to its field", async () => {
    const page = await browser.newPage({ javaScriptEnabled: false })
    await page.goto(`${server.url}/en/login-empty`)
    const summary = page.getByRole("alert")
    await summary.waitFor()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.type("typed")
    expect(await page.locator("#email").inputValue()).toBe("typed")
    expect(await page.title()).toMatch(/^Error: /)
    await page.close()
  })
})
