import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router"
import { recordView } from "../views/registry.ts"
import { readListSearch } from "../views/list-search.ts"
import { collectionOf } from "../metadata/model.ts"
import { Shell } from "../shell/shell.tsx"
import { RecordsPage } from "../views/records-page.tsx"
import { ViewBoundary } from "./view-boundary.tsx"
import { NotFound } from "./not-found.tsx"

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("../home/home-page.tsx"), "HomePage"),
})

const records = createRoute({
  getParentRoute: () => root,
  path: "/$service/$collection",
  validateSearch: readListSearch,
  component: function Records() {
    const { service, collection } = records.useParams()
    return <RecordsPage collection={collectionOf(service, collection)} />
  },
})

/** The list's state stays in a record's address: previous and next are those of that list, and the way back leads to it. */
const record = createRoute({
  getParentRoute: () => root,
  path: "/$service/$collection/$id",
  validateSearch: readListSearch,
  component: function Record() {
    const { service, collection, id } = record.useParams()
    const { component: View } = recordView
    return (
      <ViewBoundary of={`${service}/${collection}/${id}`}>
        <View key={`${service}/${collection}`} collection={collectionOf(service, collection)} id={id} />
      </ViewBoundary>
    )
  },
})

/** A service alone leads home, where it is described. */
const service = createRoute({
  getParentRoute: () => root,
  path: "/$service",
  beforeLoad: () => {
    throw redirect({ to: "/" })
  },
})

const readParameters = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text))
function writeParameters(search: object): string {
  const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== "")
  if (given.length === 0) return ""
  // Signs that mean nothing in a query stay readable (RFC 3986, section 3.4).
  const readable = (text: string): string =>
    encodeURIComponent(text).replaceAll(/%(?:2C|3A|24|2F|40)/g, (code) => decodeURIComponent(code))
  return `?${given.map(([name, value]) => `${name}=${readable(String(value))}`).join("&")}`
}

export const router = createRouter({
  routeTree: root.addChildren([home, service, records, record]),
  basepath: "/admin",
  parseSearch: readParameters,
  stringifySearch: writeParameters,
  defaultPreload: false,
  scrollRestoration: false,
})

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
