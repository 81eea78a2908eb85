import type { Catalog } from "@archipel/core"

type Environment = Readonly<Record<string, string | undefined>>

/** The services that are to be made up, as `ARCHIPEL_FAKE` says. */
export const fakedServices = (env: Environment): readonly string[] =>
  (env["ARCHIPEL_FAKE"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")

export interface FakePlace {
  readonly env: Environment
  readonly isDevelopment: boolean
  readonly catalog: Pick<Catalog, "contracts">
  /** The services that run here. */
  readonly own: readonly string[]
}

/** Why they cannot be, a sentence each. */
export function fakeMistakes({ env, isDevelopment, catalog, own }: FakePlace): readonly string[] {
  const names = fakedServices(env)
  if (names.length > 0 && !isDevelopment)
    return ["ARCHIPEL_FAKE is refused in production: records are not made up there."]
  const others = [...catalog.contracts.keys()].filter((name) => !own.includes(name) && name !== "identity")
  return names.flatMap((name) => {
    if (own.includes(name)) return [`ARCHIPEL_FAKE names ${name}, which runs here.`]
    if (others.includes(name)) return []
    return [`ARCHIPEL_FAKE names ${name}, whose contract is not known; known are ${others.join(", ") || "none"}.`]
  })
}
