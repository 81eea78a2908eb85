import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { query } from "../api/records.ts"
import { Refusal } from "../app/refusal.tsx"
import { ViewSkeleton } from "../app/view-skeleton.tsx"
import { partsOf } from "../metadata/model.ts"
import { useModel } from "../metadata/use-metadata.ts"
import type { RecordsViewProps } from "../views/registry.ts"

/** The first records of a model. */
export function ListView({ collection }: RecordsViewProps) {
  const model = useModel(collection)
  const { data, error, refetch } = useQuery({
    queryKey: ["records", collection],
    queryFn: ({ signal }) => query(collection, { select: model.display ? [model.display] : [], limit: 100 }, { signal }),
  })
  if (error) return <Refusal error={error} again={() => void refetch()} />
  if (!data) return <ViewSkeleton />
  const { service, name } = partsOf(collection)
  return (
    <ul>
      {data.data.map((record) => (
        <li key={record.id}>
          <Link to="/$service/$collection/$id" params={{ service, collection: name, id: record.id }}>
            {String((model.display && record[model.display]) ?? record.id)}
          </Link>
        </li>
      ))}
    </ul>
  )
}
