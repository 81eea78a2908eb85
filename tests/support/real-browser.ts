/** Chromium as the tests of pages start it, with the rules of accessibility at hand. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { type Browser, chromium, type Page } from "playwright-core"

/**
 * Parts of the browser that no test looks at. Each page has a window of its own here, and each window would load the list under its
 * address bar: a page of hundreds of scripts, which takes a core for more than a second while the page under test starts.
 */
const unusedFeatures = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"]
/** The browser heeds only the last list of them that it is given: these are Playwright's own that matter here. */
const playwrightsFeatures = [
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
]

export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--disable-features=${[...playwrightsFeatures, ...unusedFeatures].join(",")}`,
    ],
  })

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Finding {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** What axe finds on a page as it is now: WCAG 2.2 AA and best practices, one line each. */
export async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { axe: rules } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: Finding[] }> }
    }
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    return (await rules.run({ runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] })).violations
  })
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${html} ${failureSummary}`),
  )
}

/** What a page says against itself: errors of scripts, and what its policy forbade. Answers that refuse are none. */
export function complaints(page: Page): readonly string[] {
  const said: string[] = []
  page.on("console", (message) => {
    const text = message.text()
    if (message.type() === "error" && !/status of 4\d\d/.test(text)) said.push(text)
  })
  page.on("pageerror", (error) => said.push(error.message))
  return said
}
