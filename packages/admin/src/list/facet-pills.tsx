import { useQueries } from "@tanstack/react-query"
import { IconX } from "@tabler/icons-react"
import type { WhereJson } from "@archipel/core"
import { lazy, type ReactElement, Suspense, useState } from "react"
import { withKit } from "../app/kit.ts"
import { resolveTitle } from "../api/titles.ts"
import { useLanguage } from "../i18n/language.ts"
import { isOne, type UiField, type UiModel } from "../metadata/model.ts"
import { type Facet, facetWords, readFacet } from "./facets.ts"
import { ownPaths, useFieldsBehind } from "./paths.ts"
import { useListTexts } from "./text.ts"
import classes from "./toolbar.module.css"

interface Read {
  readonly facet: Facet
  readonly field: UiField
  readonly label: string
}

const none: readonly string[] = []

const loadEditor = withKit(() => import("./facet-editor.tsx"))
const FacetEditor = lazy(async () => ({ default: (await loadEditor()).FacetEditor }))

/** A filter's words, which open its editor. */
const Editable = ({
  isOpen,
  button,
  editor,
}: {
  readonly isOpen: boolean
  readonly button: ReactElement
  readonly editor: (button: ReactElement) => ReactElement
}) => (isOpen ? <Suspense fallback={button}>{editor(button)}</Suspense> : button)

/** The filters of a list in words; each can be changed and taken away. */
export function FacetPills({
  model,
  facets,
  change,
}: {
  readonly model: UiModel
  readonly facets: readonly WhereJson[]
  readonly change: (facets: readonly WhereJson[]) => void
}) {
  const t = useListTexts()
  const language = useLanguage()
  const [open, setOpen] = useState<number>()
  const references = facets
    .flatMap((facet) => Object.keys(facet))
    .filter((name) => model.fields[name] && isOne(model.fields[name] as UiField))
  const behind = useFieldsBehind(model, references.length > 0 ? [...new Set(references)] : none)
  const fields = new Map(ownPaths(model).map((each) => [each.path, each]))
  for (const name of references) for (const each of behind(name) ?? []) fields.set(each.path, each)
  const read = facets.map((where): Read | undefined => {
    const facet = readFacet(where, (path) => fields.get(path)?.field)
    const at = facet && fields.get(facet.path)
    return facet && at && { facet, field: at.field, label: at.label }
  })
  const named = read.flatMap((each) =>
    each && isOne(each.field) && each.field.collection !== undefined
      ? each.facet.values.map((id) => ({ collection: (each.field as { collection: string }).collection, id }))
      : [],
  )
  const titles = useQueries({
    queries: named.map(({ collection, id }) => ({
      queryKey: ["title", collection, id],
      queryFn: () => resolveTitle(collection, id),
      staleTime: Number.POSITIVE_INFINITY,
    })),
  })
  const titleOf = (id: string): string => {
    const title = titles[named.findIndex((each) => each.id === id)]?.data
    return title && "title" in title ? title.title : "…"
  }
  return facets.map((where, i) => {
    const each = read[i]
    const words = each ? facetWords(each.facet, each.field, { label: each.label, t, language, titleOf }) : t.custom
    const without = (): void => change(facets.filter((_, at) => at !== i))
    return (
      <span key={JSON.stringify(where)} className={classes["pill"]}>
        {each ? (
          <Editable
            isOpen={open === i}
            button={
              <button
                type="button"
                className={classes["pillText"]}
                aria-label={t.editFacet(words)}
                onClick={() => setOpen(open === i ? undefined : i)}
              >
                {words}
              </button>
            }
            editor={(button) => (
              <FacetEditor
                button={button}
                label={t.editFacet(words)}
                model={model}
                chosen={{ path: each.facet.path, label: each.label, field: each.field }}
                facet={each.facet}
                close={() => setOpen(undefined)}
                apply={(condition) => {
                  setOpen(undefined)
                  change(facets.map((one, at) => (at === i ? condition : one)))
                }}
              />
            )}
          />
        ) : (
          <span className={classes["pillText"]}>{words}</span>
        )}
        <button type="button" className="icon-button" aria-label={t.removeFacet(words)} onClick={without}>
          <IconX size={12} aria-hidden />
        </button>
      </span>
    )
  })
}
