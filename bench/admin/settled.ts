import type { Page, Request } from "playwright-core"

/** So long nothing may be asked for until a page counts as settled. */
const QUIET_MS = 250
const STEP_MS = 50
const DEADLINE_MS = 60_000

const asking = new WeakMap<Page, { readonly open: Set<Request>; last: number }>()

/** Follows what a page asks for, from before it is opened. */
export function followRequests(page: Page): void {
  const state = { open: new Set<Request>(), last: performance.now() }
  const note = (change: (request: Request) => void) => (request: Request) => {
    change(request)
    state.last = performance.now()
  }
  page.on(
    "request",
    note((request) => state.open.add(request)),
  )
  for (const event of ["requestfinished", "requestfailed"] as const)
    page.on(
      event as "requestfinished",
      note((request) => state.open.delete(request)),
    )
  asking.set(page, state)
}

/** Waits until all that a page has asked for is there, and it asks for nothing more. */
export async function settled(page: Page): Promise<void> {
  const state = asking.get(page)
  if (state === undefined) throw new Error("Nobody follows the requests of this page.")
  const deadline = performance.now() + DEADLINE_MS
  while (state.open.size > 0 || performance.now() - state.last < QUIET_MS) {
    if (performance.now() > deadline)
      throw new Error(`Not settled: ${[...state.open].map((each) => each.url()).join()}`)
    await page.waitForTimeout(STEP_MS)
  }
}
