import type { ServiceHost } from "@archipel/server"
import { beat, distrust, isOlder, type Mark, raiseMark, readMark, readState } from "../grants/high-water-mark.ts"

/** How often it is noted how far the database has come: what happened since the last note is all that a restored copy may hide. */
const BEAT_MS = 20_000

export interface RestoreGuard {
  /** A token says that the database was once at least so far in what anybody may. */
  seen(version: number): Promise<void>
  stop(): Promise<void>
}

type Host = Pick<ServiceHost, "database" | "dataDirectory" | "log" | "now">

/**
 * Finds out whether the database is an older copy of what was there: at once, from the mark in the data directory, and later from tokens.
 * If so it is said at error level, and nothing in it that might have been revoked is trusted.
 *
 * @param distrusted Called after that happened, unless it was at once.
 */
export async function guardRestores(host: Host, distrusted: () => Promise<void>): Promise<RestoreGuard> {
  const { database, dataDirectory, log, now } = host
  let isHandling: Promise<void> | undefined

  const handle = async (mark: Mark, known: Mark, from: string): Promise<void> => {
    log.error(
      "identity's database is older than what was seen of it: was it restored from a backup? All sessions and refresh tokens end, and signing keys are replaced",
      new Error(`The ${from} says ${JSON.stringify(mark)}, the database ${JSON.stringify(known)}.`),
    )
    await distrust(database, mark, now())
    await raiseMark(dataDirectory, await readState(database))
  }

  const mark = await readMark(dataDirectory)
  const known = await readState(database)
  if (mark !== undefined && isOlder(known, mark)) await handle(mark, known, "mark in the data directory")

  const note = async (): Promise<void> => {
    try {
      await raiseMark(dataDirectory, await beat(database))
    } catch (error) {
      log.error("how far identity's database has come was not noted", error)
    }
  }
  await note()
  let noting = Promise.resolve()
  const timer = setInterval(() => {
    noting = noting.then(note)
  }, BEAT_MS).unref()

  return {
    seen(version) {
      isHandling ??= (async () => {
        const current = await readState(database)
        if (current.version >= version) return
        await handle({ ...current, version }, current, "signed version of a token")
        await distrusted()
      })().finally(() => {
        isHandling = undefined
      })
      return isHandling
    },
    async stop() {
      clearInterval(timer)
      await noting
      await readState(database)
        .then((state) => raiseMark(dataDirectory, state))
        .catch(() => {})
    },
  }
}
