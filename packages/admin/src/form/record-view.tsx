import { useQuery } from "@tanstack/react-query"
import { get } from "../api/records.ts"
import { ViewSkeleton } from "../app/view-skeleton.tsx"
import { Refusal } from "../app/refusal.tsx"
import { Cell } from "../fields/cell.tsx"
import { useLanguage } from "../i18n/language.ts"
import { isList, isOne } from "../metadata/model.ts"
import { useModel } from "../metadata/use-metadata.ts"
import type { RecordViewProps } from "../views/registry.ts"
import classes from "./record-view.module.css"

/** One record with all that may be read of it. */
export function RecordView({ collection, id }: RecordViewProps) {
  const model = useModel(collection)
  const language = useLanguage()
  const fields = Object.entries(model.fields).filter(([, field]) => field.read && !isList(field))
  const select = fields.map(([name, field]) => (isOne(field) && field.display ? `${name}.${field.display}` : name))
  const { data, error, refetch } = useQuery({
    queryKey: ["record", collection, id, select],
    queryFn: ({ signal }) => get(collection, id, select, { signal }),
  })
  if (error) return <Refusal error={error} again={() => void refetch()} />
  if (!data) return <ViewSkeleton />
  const { record } = data
  return (
    <article className={classes["record"]}>
      <h1 className={classes["title"]}>{String((model.display && record[model.display]) ?? model.title)}</h1>
      <dl className={classes["facts"]}>
        {fields.map(([name, field]) => (
          <div key={name} className={classes["fact"]}>
            <dt>{field.label}</dt>
            <dd>
              <Cell model={model} name={name} field={field} value={record[name]} language={language} />
            </dd>
          </div>
        ))}
      </dl>
    </article>
  )
}
