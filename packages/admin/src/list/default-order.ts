import { automatic, type UiModel } from "../metadata/model.ts"

/**
 * How records are ordered where nobody says it: the newest first, by the day or instant that each of them has of its own, else by when they
 * were made, which ids tell. Of adopted tables, whose keys tell no time, the service's own order.
 */
export function defaultOrder(model: UiModel): readonly string[] {
  const own = Object.entries(model.fields).find(
    ([name, { type, read, optional }]) =>
      (type === "date" || type === "datetime") && read && optional !== true && !automatic.has(name),
  )
  if (own) return [`-${own[0]}`, "-id"]
  return model.fields["createdAt"]?.read ? ["-id"] : []
}

/** A term of an order, with its direction. */
const readTerm = (term: string) =>
  term.startsWith("-") ? { path: term.slice(1), isDescending: true } : { path: term, isDescending: false }

/**
 * How groups are ordered in a list that is ordered so: by what they are grouped by, where the list is; by a sum, where the list is by that
 * amount; otherwise periods by the newest first, and all else as its values order themselves.
 *
 * @param term "status", "date:month" @param sums Paths that are added up, and the names that the sums have
 */
export function groupOrder(
  term: string,
  orderBy: readonly string[],
  sums: ReadonlyMap<string, string>,
): readonly string[] {
  const [path, period] = term.split(":")
  const [first] = orderBy.map(readTerm)
  const sum = first && sums.get(first.path)
  if (first && sum !== undefined) return [first.isDescending ? `-${sum}` : sum, term]
  const own = orderBy.map(readTerm).find((each) => each.path === path)
  const isDescending = own ? own.isDescending : period !== undefined
  return [isDescending ? `-${term}` : term]
}
