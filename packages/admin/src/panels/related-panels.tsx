import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { problemOf } from "../api/problem.ts"
import { query } from "../api/records.ts"
import { isOutage, useFailure } from "../app/retry.ts"
import { Cell, cellAlign } from "../fields/cell.tsx"
import { beginWith } from "../form/duplicate.ts"
import { newState } from "../form/form-state.ts"
import { newId } from "../form/new-id.ts"
import { useForm } from "../form/use-form.ts"
import { useLanguage } from "../i18n/language.ts"
import { automatic, isList, partsOf, type UiModel, type UiRelated } from "../metadata/model.ts"
import { modelOptions, useRelated } from "../metadata/use-metadata.ts"
import { writeFacets } from "../views/list-search.ts"
import { usePanelTexts } from "./text.ts"
import classes from "./panels.module.css"

/** So many records a panel shows; the rest is one step away. */
const SHOWN = 5
const COLUMNS = 5

/** Records of whatever service that refer to this one, each list in a panel that fails and recovers for itself. */
export function RelatedPanels() {
  const t = usePanelTexts()
  const { model, lists } = useForm().model
  const owned = new Set(lists.map(({ field }) => field.to))
  const related = useRelated(model.name).filter(({ model: name }) => !owned.has(name))
  if (related.length === 0) return null
  return (
    <section className={classes.panels} aria-label={t.related}>
      {related.map((list) => (
        <RelatedPanel key={`${list.model} ${list.field}`} list={list} />
      ))}
    </section>
  )
}

/** What tells most in a few columns: its name, its state, and what comes first in the contract. */
function columnsOf(model: UiModel, via: string): readonly string[] {
  const names = Object.entries(model.fields)
    .filter(([name, field]) => field.read && name !== via && !automatic.has(name) && !isList(field))
    .filter(([, { type }]) => !["longText", "html", "json", "file", "image", "uuid"].includes(type))
    .map(([name]) => name)
  const first = [model.display, ...names.filter((name) => model.fields[name]?.type === "states")]
  const ordered = new Set(
    [...first, ...names].filter((name): name is string => name !== undefined && names.includes(name)),
  )
  return [...ordered].slice(0, COLUMNS)
}

function RelatedPanel({ list }: { readonly list: UiRelated }) {
  const t = usePanelTexts()
  const language = useLanguage()
  const { id, model: form } = useForm()
  const own = form.model
  const { service, name } = partsOf(list.collection)
  const described = useQuery({ ...modelOptions(list.collection), retry: false })
  const model = described.data
  const columns = model ? columnsOf(model, list.field) : []
  const records = useQuery({
    queryKey: ["related", list.collection, list.field, id, columns],
    enabled: model !== undefined,
    retry: false,
    queryFn: ({ signal }) =>
      query(
        list.collection,
        { select: columns, where: { [list.field]: id } as never, orderBy: ["-id"], limit: SHOWN, count: "exact" },
        { signal },
      ),
  })
  const shown = records.data?.data ?? []
  const failed = useFailure({ error: described.error ?? records.error, data: records.data })
  const search = { where: writeFacets([{ [list.field]: id } as never]) ?? "" }
  const label = list.plural
  return (
    <section
      className={classes.panel}
      aria-label={`${label}, ${t.via(list.label)}, ${list.service}`}
      data-related={list.model}
    >
      <header className={classes.panelHead}>
        <h2 className={classes.panelTitle}>
          {label} {records.data?.count !== undefined && <span className={classes.count}>{records.data.count}</span>}
        </h2>
        <span className={classes.via}>
          {t.via(list.label)}
          {list.service !== partsOf(own.collection).service && ` · ${list.service}`}
        </span>
        {model?.rights.create && model.fields[list.field]?.create && (
          <Link
            className={classes.all}
            to="/$service/$collection/$id"
            params={{ service, collection: name, id: "new" }}
            onClick={() => beginWith(list.collection, newState(newId(), [], { [list.field]: id }))}
          >
            {t.add}
          </Link>
        )}
        {!failed && (
          <Link
            className={classes.all}
            to="/$service/$collection"
            params={{ service, collection: name }}
            search={search}
          >
            {t.show}
          </Link>
        )}
      </header>
      {failed ? (
        <p className={classes.failed} role="status">
          {isOutage(failed) ? t.away(list.service) : problemOf(failed).title}{" "}
          <button
            type="button"
            className={classes.link}
            onClick={() => void (described.error ? described.refetch() : records.refetch())}
          >
            {t.again}
          </button>
        </p>
      ) : (
        <div className={classes.tableBox}>
          {records.data && shown.length === 0 && <p className={classes.none}>{t.none}</p>}
          {model && shown.length > 0 && (
            <table className={classes.table}>
              <thead>
                <tr>
                  {columns.map((column) => (
                    <th
                      key={column}
                      scope="col"
                      className={cellAlign(model.fields[column] as never) ? classes.number : undefined}
                    >
                      {model.fields[column]?.label}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {shown.map((record) => (
                  <tr key={record.id}>
                    {columns.map((column, index) => {
                      const field = model.fields[column]
                      if (!field) return null
                      const cell = (
                        <Cell model={model} name={column} field={field} value={record[column]} language={language} />
                      )
                      return (
                        <td key={column} className={cellAlign(field) ? classes.number : undefined}>
                          {index === 0 ? (
                            <Link
                              to="/$service/$collection/$id"
                              params={{ service, collection: name, id: record.id }}
                              search={search}
                            >
                              {cell ?? record.id.slice(-8)}
                            </Link>
                          ) : (
                            cell
                          )}
                        </td>
                      )
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
    </section>
  )
}
