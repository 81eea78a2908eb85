/**
 * How much a run of the tests does: `npm test` fits in minutes, `npm run verify` (FULL=1) runs the full counts.
 *
 * @module
 */

/** Whether this run uses the full counts (`npm run verify`). */
export const isFullRun = process.env["FULL"] === "1"

/** A number of cases: `quick` in `npm test`, `full` in `npm run verify`. */
export function counted(quick: number, full: number): number {
  return isFullRun ? full : quick
}

/** Seed of every random choice in this run, a positive 31-bit integer; another one in each run unless `ARCHIPEL_SEED` sets it. */
export const propertySeed = readSeed(process.env["ARCHIPEL_SEED"])

/**
 * Of cases that each take long, `quick` in `npm test`, others with every seed; all in `npm run verify`.
 *
 * @param turn Tells callers apart that would otherwise all take the same ones.
 */
export function sampled<Case>(all: readonly Case[], quick: number, turn = 0): readonly Case[] {
  if (isFullRun || quick >= all.length) return all
  const first = (propertySeed + turn) % all.length
  const step = Math.floor(all.length / quick)
  return Array.from({ length: quick }, (_, i) => all[(first + i * step) % all.length] as Case)
}

/** Cases of a property that names no count of its own. */
export const propertyRuns = counted(100, 2000)

/** @throws RangeError when the text is not an integer from 0 to 2147483647. */
export function readSeed(text: string | undefined, now: number = Date.now()): number {
  if (text === undefined || text === "") return now % 0x7fff_ffff
  const seed = Number(text)
  if (!Number.isInteger(seed) || seed < 0 || seed > 0x7fff_ffff) {
    throw new RangeError(`ARCHIPEL_SEED must be an integer from 0 to 2147483647, not ${JSON.stringify(text)}`)
  }
  return seed
}
