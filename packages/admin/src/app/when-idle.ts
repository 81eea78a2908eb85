/** A page that is never idle is waited for so long. */
const PATIENCE_MS = 200

/** When the page has nothing to do, or soon. */
export const whenIdle = (): Promise<void> =>
  new Promise((resolve) => {
    // Not every Safari in use has it.
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve(), { timeout: PATIENCE_MS })
    else setTimeout(resolve)
  })
