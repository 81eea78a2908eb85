/**
 * The numbers of all workers in one answer: whoever is asked for them asks the first process, which asks all.
 *
 * @module
 */
import type { Worker } from "node:cluster"
import { type Metrics, type MetricsSnapshot, renderMetrics } from "./metrics.ts"

type Message =
  /** From a worker: the numbers of all, please. */
  | { readonly archipel: "metrics.all"; readonly id: number }
  /** To a worker: your numbers, please. */
  | { readonly archipel: "metrics.one"; readonly id: number }
  | { readonly archipel: "metrics.snapshot"; readonly id: number; readonly snapshot: MetricsSnapshot }
  | { readonly archipel: "metrics.snapshots"; readonly id: number; readonly snapshots: readonly MetricsSnapshot[] }

const isMessage = (message: unknown): message is Message =>
  typeof message === "object" &&
  message !== null &&
  "archipel" in message &&
  String(message.archipel).startsWith("metrics.")

/** A worker that does not answer by then is left out. */
const ANSWER_MS = 1_000
const WAIT_MS = 2_000

let questions = 0

function snapshotOf(worker: Worker): Promise<MetricsSnapshot | undefined> {
  const id = ++questions
  return new Promise((resolve) => {
    const end = (snapshot: MetricsSnapshot | undefined): void => {
      clearTimeout(timer)
      worker.off("message", take)
      worker.off("exit", gone)
      resolve(snapshot)
    }
    const gone = (): void => end(undefined)
    const take = (message: unknown): void => {
      if (isMessage(message) && message.archipel === "metrics.snapshot" && message.id === id) end(message.snapshot)
    }
    const timer = setTimeout(gone, ANSWER_MS)
    worker.on("message", take)
    worker.once("exit", gone)
    tell(worker, { archipel: "metrics.one", id })
  })
}

/** A worker that is going away gets no message; its exit is seen elsewhere. */
function tell(worker: Worker, message: Message): void {
  if (worker.isConnected()) worker.send(message, () => {})
}

/** In the first process: answers what `worker` asks about all. */
export function answerForAll(worker: Worker, all: ReadonlySet<Worker>): void {
  worker.on("message", (message: unknown) => {
    if (!isMessage(message) || message.archipel !== "metrics.all") return
    void Promise.all([...all].map(snapshotOf)).then((answers) => {
      const snapshots = answers.filter((one) => one !== undefined)
      tell(worker, { archipel: "metrics.snapshots", id: message.id, snapshots })
    })
  })
}

/** In a worker: gives its own numbers when asked, and the text of all. */
export function metricsOfAll(metrics: Metrics): () => Promise<string> {
  const waiting = new Map<number, (snapshots: readonly MetricsSnapshot[]) => void>()
  process.on("message", (message: unknown) => {
    if (!isMessage(message)) return
    if (message.archipel === "metrics.one") {
      process.send?.({ archipel: "metrics.snapshot", id: message.id, snapshot: metrics.snapshot() } satisfies Message)
    } else if (message.archipel === "metrics.snapshots") waiting.get(message.id)?.(message.snapshots)
  })
  return async () => {
    const id = ++questions
    let timer: NodeJS.Timeout | undefined
    const snapshots = await new Promise<readonly MetricsSnapshot[]>((resolve) => {
      waiting.set(id, resolve)
      timer = setTimeout(() => resolve([metrics.snapshot()]), WAIT_MS)
      process.send?.({ archipel: "metrics.all", id } satisfies Message)
    })
    clearTimeout(timer)
    waiting.delete(id)
    return renderMetrics(snapshots)
  }
}
