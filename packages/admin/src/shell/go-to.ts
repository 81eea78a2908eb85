import { useQueries } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import type { Shortcut } from "../app/shortcuts.ts"
import { isAdministrative, MANY_SERVICES, partsOf, shownModels } from "../metadata/model.ts"
import { serviceOptions, useProgram } from "../metadata/use-metadata.ts"
import { HOME, lettersOf } from "./letters.ts"
import { useShellTexts } from "./text.ts"

/** What leads to the lists of the menu. */
export function useGoTo(): readonly Shortcut[] {
  const t = useShellTexts()
  const navigate = useNavigate()
  const { data: program } = useProgram()
  const here = (program?.services ?? []).filter(({ away }) => !away)
  // As in the menu: departments have the first choice of letters.
  const services = here.toSorted((a, b) => Number(isAdministrative(a)) - Number(isAdministrative(b)))
  // Of more, what is in them is asked for when it is looked for.
  const known = services.length <= MANY_SERVICES ? services : []
  const models = useQueries({
    queries: known.map(({ service }) => serviceOptions(service)),
    combine: (indexes) => indexes.flatMap(({ data }) => (data ? shownModels(data.models) : [])),
  })
  const letters = lettersOf(models)
  return [
    { id: "go.home", keys: `g ${HOME}`, label: t.keys.home, run: () => void navigate({ to: "/" }) },
    ...models.map(({ name, plural, collection }): Shortcut => {
      const { service, name: last } = partsOf(collection)
      const letter = letters.get(name)
      return {
        id: `go.${name}`,
        keys: letter === undefined ? "" : `g ${letter}`,
        label: plural,
        run: () => void navigate({ to: "/$service/$collection", params: { service, collection: last } }),
      }
    }),
  ]
}
