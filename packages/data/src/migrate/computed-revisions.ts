import type { Logic } from "@archipel/core"
import { createHash } from "node:crypto"

/**
 * What tells a changed definition of a computed field from the same one: a rollup's definition, and a function's dependencies with its
 * explicit revision. Never the text of a function, which changes without a change in meaning.
 */
export function computedRevisions(
  logic: readonly Pick<Logic<string>, "model" | "statements">[],
): Readonly<Record<string, string>> {
  const found: [string, string][] = []
  for (const { model, statements } of logic)
    for (const statement of statements) {
      if (statement.kind !== "compute" && statement.kind !== "rollup") continue
      const { field, ...rest } = statement
      const definition =
        rest.kind === "compute"
          ? { kind: rest.kind, dependencies: rest.dependencies.toSorted(), revision: rest.revision ?? 0 }
          : rest
      const revision = createHash("sha256").update(JSON.stringify(definition)).digest("hex").slice(0, 16)
      found.push([`${model}.${field}`, revision])
    }
  return Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
