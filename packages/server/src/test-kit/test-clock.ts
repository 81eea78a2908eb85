/** The time that the services of a test see. */
export interface TestClock {
  /** Milliseconds by unit, summed. */
  advance(by: {
    readonly days?: number
    readonly hours?: number
    readonly minutes?: number
    readonly seconds?: number
  }): void
  /** From now on it is this instant (ISO 8601, with its offset or Z), and stays so. */
  set(instant: string): void
  now(): Date
}

/** Goes with the machine's clock until it is set or advanced; then it stands still. */
export function testClock(): TestClock {
  let fixed: number | undefined
  const now = (): number => fixed ?? Date.now()
  return {
    advance({ days = 0, hours = 0, minutes = 0, seconds = 0 }) {
      fixed = now() + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000
    },
    set(instant) {
      const at = Date.parse(instant)
      if (Number.isNaN(at) || !/(?:Z|[+-]\d\d:\d\d)$/.test(instant))
        throw new TypeError(`"${instant}" is no instant: write it as 2026-01-31T12:00:00Z.`)
      fixed = at
    },
    now: () => new Date(now()),
  }
}
