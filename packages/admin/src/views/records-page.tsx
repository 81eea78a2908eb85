import { useSearch } from "@tanstack/react-router"
import { ViewBoundary } from "../app/view-boundary.tsx"
import { recordsViews, type RecordsViewName } from "./registry.ts"

const isView = (name: string | undefined): name is RecordsViewName =>
  name !== undefined && Object.hasOwn(recordsViews, name)

/** The records of a model, in the view that the address names. */
export function RecordsPage({ collection }: { readonly collection: string }) {
  const { view } = useSearch({ from: "/$service/$collection" })
  const name = isView(view) ? view : "list"
  const { component: View } = recordsViews[name]
  return (
    <ViewBoundary of={`${collection} ${name}`}>
      <View key={collection} collection={collection} />
    </ViewBoundary>
  )
}
