import type { StopSignal } from "@archipel/data"

/** Waits for work that goes on for others. @throws what `late` makes if it takes longer, and the signal's reason */
export function within<Result>(
  work: Promise<Result>,
  {
    waitMs,
    signal,
    late,
  }: { readonly waitMs: number; readonly signal: StopSignal | undefined; readonly late: () => Error },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal?.reason)
    const timer = setTimeout(() => reject(late()), waitMs)
    signal?.addEventListener("abort", stop, { once: true })
    void work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", stop)
    })
  })
}
