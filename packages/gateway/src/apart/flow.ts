import type { IncomingMessage, ServerResponse } from "node:http"

/** What breaks an answer off when who asked for it has gone. */
const gone = new Error("Nobody takes the answer any more.")

/**
 * Passes the body of an answer on as fast as it is taken. A stream pipeline does the same with a signal and many more listeners, which
 * most answers are too small for.
 *
 * @throws what broke the answer off: then what was passed on is not all of it
 */
export function flow(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const more = (): void => void answer.resume()
    const stop = (): void => {
      if (outgoing.writableFinished) return
      answer.destroy()
      reject(gone)
    }
    answer.on("data", (chunk: Buffer) => {
      if (!outgoing.write(chunk)) answer.pause()
    })
    answer.once("end", () => outgoing.end())
    answer.once("error", reject)
    answer.once("close", () => {
      if (!answer.complete) reject(new Error("The answer ended before it was whole."))
    })
    outgoing.on("drain", more)
    outgoing.once("finish", resolve)
    outgoing.once("close", stop)
    if (outgoing.destroyed) stop()
  })
}
