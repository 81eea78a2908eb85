/**
 * A registry of many services with many models each: contracts alone, whose services are made up by who runs them (`ARCHIPEL_FAKE`), so
 * that nobody waits for thousands of tables.
 *
 * @module
 */
import { contract, date, longText, model, one, states, text } from "@archipel/core"

const numbered = (word: string, n: number): string => `${word}${String(n).padStart(3, "0")}`

export interface ManyServices {
  /** "unit001", … */
  readonly names: readonly string[]
  /** For the program that they are part of. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Declares contracts. Of each service the models refer to one another in a ring.
 *
 * @param services Besides those that the program has. @param models Of each service: "Record001", …
 */
export function manyServices(services = 100, models = 50): ManyServices {
  const names = Array.from({ length: services }, (_, i) => numbered("unit", i + 1))
  for (const service of names) {
    const all = Array.from({ length: models }, (_, i) => {
      const next = `${service}.${numbered("Record", ((i + 1) % models) + 1)}`
      const made = model(
        {
          name: text(),
          day: date(),
          note: longText().optional(),
          // Of a contract that no declaration names.
          next: one(next as never).optional(),
          status: states(["open", "closed"], { close: { from: ["open"], to: "closed" } }),
        },
        { title: "name" },
      )
      return [numbered("Record", i + 1), made] as const
    })
    contract(service as never, { roles: ["user"], models: Object.fromEntries(all) } as never)
  }
  return { names, env: { ARCHIPEL_FAKE: names.join(",") } }
}
