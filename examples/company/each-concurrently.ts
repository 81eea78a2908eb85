/**
 * Runs a task for each item, `limit` of them at a time. After a failure no further one begins; it is thrown when those
 * under way have ended.
 *
 * @param limit Eight unless said otherwise: fewer than the database connections of a process, so that others get theirs.
 */
export async function eachConcurrently<T>(
  items: readonly T[],
  run: (item: T) => Promise<unknown>,
  limit = 8,
): Promise<void> {
  const rest = items.values()
  const failures: unknown[] = []
  const work = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && failures.length === 0; next = rest.next()) {
      await run(next.value).catch((failure: unknown) => failures.push(failure))
    }
  }
  await Promise.all(Array.from({ length: limit }, work))
  if (failures.length > 0) throw failures[0]
}
