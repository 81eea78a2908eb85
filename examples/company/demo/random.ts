/** Choices that come out the same on every machine and in every run. */
export interface Random {
  /** A whole number, both ends included. */
  integer(from: number, to: number): number
  pick<T>(from: readonly [T, ...(readonly T[])]): T
  /** Some of the list, each at most once, in no order. */
  some<T>(from: readonly T[], howMany: number): readonly T[]
  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean
}

/** A generator (mulberry32) that gives the same choices for the same seed. Good enough to look random; no secret is safe with it. */
export function seededRandom(seed: number): Random {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    integer,
    pick: (from) => from[integer(0, from.length - 1)] ?? from[0],
    some(from, howMany) {
      const rest = [...from]
      return Array.from({ length: Math.min(howMany, rest.length) }, () =>
        rest.splice(integer(0, rest.length - 1), 1),
      ).flat()
    },
    chance: (percent) => next() * 100 < percent,
  }
}
