/**
 * Times in a page: what a clock says between what somebody does and what is painted, and the processor time of the page's main thread.
 *
 * @module
 */
import type { CDPSession, Page } from "playwright-core"

const DEADLINE_MS = 60_000

/** The grid of a list, as expressions in the page. */
export const inPage = {
  firstRow: `document.querySelector("[role=row][data-id]")`,
  firstId: `document.querySelector("[role=row][data-id]")?.dataset.id`,
  isSettled: `document.querySelector("[role=grid], [role=treegrid]")?.getAttribute("aria-busy") === "false"`,
  form: `document.querySelector("[data-form]")`,
} as const

/**
 * An expression, made when it is evaluated, for when `until` held and was painted: in milliseconds since `from`, an expression that says
 * when it began and is undefined until then.
 */
const watch = (until: string, from: string): string => `(() => {
  window.__painted = new Promise((resolve) => {
    const look = () => {
      const from = ${from}
      if (from === undefined || !(${until})) return
      observer.disconnect()
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => resolve(performance.now() - from)
        port2.postMessage(undefined)
      })
    }
    const observer = new MutationObserver(look)
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
  })
})()`

/** Of every page that is opened from now on: when `until` first held, measured from the start of the navigation. */
export const watchStart = (page: Page, until: string): Promise<unknown> =>
  page.addInitScript({ content: watch(until, "0") })

/** @returns milliseconds, as `watchStart` or `timed` began to watch for them */
export async function whenPainted(page: Page, what: string): Promise<number> {
  const deadline = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`${what}: not painted after ${DEADLINE_MS} ms`)), DEADLINE_MS).unref()
  })
  return Promise.race([page.evaluate<number>("window.__painted"), deadline])
}

export interface Timing {
  readonly what: string
  /** The event with which it begins; what happened to it before it came to the page counts. */
  readonly event: "click" | "keydown"
  /** An expression in the page that holds once all is there. */
  readonly until: string
}

/** Milliseconds from what somebody does until it is painted. */
export async function timed(page: Page, timing: Timing, act: () => Promise<unknown>): Promise<number> {
  await page.evaluate(`window.__from = undefined;
    addEventListener(${JSON.stringify(timing.event)}, ({ timeStamp }) => { window.__from = timeStamp }, { capture: true, once: true });
    ${watch(timing.until, "window.__from")}`)
  await act()
  return whenPainted(page, timing.what)
}

/** Processor time of a page's main thread. */
export class MainThread {
  readonly #session: CDPSession
  readonly #page: Page

  private constructor(page: Page, session: CDPSession) {
    this.#page = page
    this.#session = session
  }

  static async of(page: Page): Promise<MainThread> {
    const session = await page.context().newCDPSession(page)
    await session.send("Performance.enable", { timeDomain: "threadTicks" })
    return new MainThread(page, session)
  }

  async #metric(name: string): Promise<number> {
    const { metrics } = await this.#session.send("Performance.getMetrics")
    const found = metrics.find((each) => each.name === name)
    if (found === undefined) throw new Error(`The browser does not tell ${name}.`)
    return found.value
  }

  /** Milliseconds of all tasks since the page's process began. */
  async spentMs(): Promise<number> {
    return (await this.#metric("TaskDuration")) * 1_000
  }

  /** Milliseconds of all tasks while something is done. */
  async during(act: () => Promise<unknown>): Promise<number> {
    const before = await this.spentMs()
    await act()
    return (await this.spentMs()) - before
  }

  /** Megabytes of the heap that are in use after what nobody uses was collected. */
  async heapMb(): Promise<number> {
    await this.#session.send("HeapProfiler.collectGarbage")
    return (await this.#metric("JSHeapUsedSize")) / 1e6
  }

  /** Waits until the page has nothing to do. */
  async idle(): Promise<void> {
    await this.#page.evaluate("new Promise((resolve) => requestIdleCallback(() => resolve()))")
  }
}

/** Does something several times, one after the other. */
export async function repeat(times: number, act: (time: number) => Promise<number>): Promise<number[]> {
  const samples: number[] = []
  for (let time = 0; time < times; time++) samples.push(await act(time))
  return samples
}
