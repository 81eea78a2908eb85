import { collectionOf } from "../metadata/model.ts"
import { checkDescriptions, modelOptions, programOptions, recallDescriptions } from "../metadata/use-metadata.ts"
import { recordsViewOf, recordsViews, recordView } from "../views/registry.ts"
import { firstView } from "./first-view.ts"
import { queryClient } from "./queries.ts"
import { router } from "./router.tsx"
import { whenIdle } from "./when-idle.ts"

/** So long the first frame waits for what it is made of. Before, it would be an empty frame, and be drawn twice. */
const PATIENCE_MS = 200
/** So long it waits for records: in the time that they take beyond that it can be drawn without them. */
const RECORDS_MS = 60

const atMost = (ms: number, work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms))])

/** The view at the address: its script, its model, and the records that it begins with. */
async function prepareView(collection: string, match: ReturnType<typeof startMatch>): Promise<void> {
  const described = queryClient.ensureQueryData(modelOptions(collection))
  if (match?.routeId !== "/$service/$collection") {
    await Promise.all([recordView.load(), described])
    return
  }
  const view = recordsViews[recordsViewOf(match.search.view)]
  const [model] = await Promise.all([described, view.load()])
  if (view.askFirst) await atMost(RECORDS_MS, view.askFirst(model, match.search))
}

const startMatch = () => router.matchRoutes(router.latestLocation).at(-1)

/**
 * Has the first page drawn in one go: puts in place what is kept of it, asks at once for what is missing and for the first records, and
 * later whether what was kept is still the latest.
 *
 * @returns when all is there to be drawn, or when that takes too long
 */
export async function prepare(user: string): Promise<void> {
  const match = startMatch()
  const parameters: { readonly service?: string; readonly collection?: string } = match?.params ?? {}
  const { service, collection: name } = parameters
  const collection = service !== undefined && name !== undefined ? collectionOf(service, name) : undefined
  await recallDescriptions(queryClient, user, collection)
  const wanted: Promise<unknown>[] = [queryClient.ensureQueryData(programOptions())]
  if (collection !== undefined) wanted.push(prepareView(collection, match))
  await atMost(PATIENCE_MS, Promise.allSettled(wanted))
  void firstView.then(whenIdle).then(() => checkDescriptions(queryClient))
}
