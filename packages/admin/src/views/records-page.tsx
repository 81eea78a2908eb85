import { useSearch } from "@tanstack/react-router"
import { ViewBoundary } from "../app/view-boundary.tsx"
import { recordsViewOf, recordsViews } from "./registry.ts"

/** The records of a model, in the view that the address names. */
export function RecordsPage({ collection }: { readonly collection: string }) {
  const { view } = useSearch({ from: "/$service/$collection" })
  const name = recordsViewOf(view)
  const { component: View } = recordsViews[name]
  return (
    <ViewBoundary of={`${collection} ${name}`}>
      <View key={collection} collection={collection} />
    </ViewBoundary>
  )
}
