import { query } from "../api/records.ts"
import { asked, type RowQuery } from "./row-source.ts"
import { MAX_SELECTED, type Selection } from "./selection.ts"

const PAGE = 1_000

/** Selects all records of a query, of which a list has loaded some; as many as can be selected. */
export async function selectMatching(collection: string, rowQuery: RowQuery, selection: Selection): Promise<void> {
  let after: string | undefined
  for (let n = 0; n < MAX_SELECTED / PAGE; n++) {
    const page = await query(collection, { ...asked(rowQuery), limit: PAGE, ...(after === undefined ? {} : { after }) })
    selection.set(page.data, true)
    if (page.next === null) break
    after = page.next
  }
}
