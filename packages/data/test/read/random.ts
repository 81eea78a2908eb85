/** Choices of a random service or query: from a seed, or from fast-check, which can then shrink them. */
export interface Random {
  /** A whole number, both bounds included; smaller ones are simpler. */
  integer(min: number, max: number): number
}

export function seededRandom(seed: number): Random {
  // Mulberry32.
  let state = seed >>> 0
  return {
    integer(min, max) {
      state = (state + 0x6d2b79f5) >>> 0
      let t = Math.imul(state ^ (state >>> 15), 1 | state)
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
      return min + (((t ^ (t >>> 14)) >>> 0) % (max - min + 1))
    },
  }
}

export const pick = <T>(random: Random, from: readonly T[]): T => {
  if (from.length === 0) throw new RangeError("There is nothing to pick from.")
  return from[random.integer(0, from.length - 1)] as T
}

/** True once in `of` times. */
export const seldom = (random: Random, of: number): boolean => random.integer(0, of - 1) === of - 1

export const some = <T>(random: Random, from: readonly T[], min: number, max: number): T[] => {
  const left = [...from]
  const taken: T[] = []
  const count = Math.min(random.integer(min, max), left.length)
  for (let i = 0; i < count; i++) taken.push(...left.splice(random.integer(0, left.length - 1), 1))
  return taken
}

export const uuidFrom = (random: Random): string => {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => random.integer(0, 15).toString(16)).join("")
  return `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`
}
