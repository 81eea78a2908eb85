import { clear, createStore, get, getMany, set } from "idb-keyval"

/**
 * Values that survive a reload, in IndexedDB, for one person: what another one kept is dropped. A browser that keeps nothing
 * (private windows, a full disk) costs speed alone.
 *
 * @module
 */

const OWNER = "owner"
const store = createStore("archipel-admin", "kept")
const quietly = <T>(work: () => Promise<T>): Promise<T | undefined> => work().catch(() => undefined)

/** Drops what somebody else kept. */
export async function keepFor(user: string): Promise<void> {
  if ((await quietly(() => get<string>(OWNER, store))) === user) return
  await quietly(() => clear(store))
  await quietly(() => set(OWNER, user, store))
}

export const recall = <T>(key: string): Promise<T | undefined> => quietly(() => get<T>(key, store))
/** Several at once, and none of what somebody else kept. */
export async function recallAll<T>(user: string, keys: readonly string[]): Promise<readonly (T | undefined)[]> {
  const [owner, ...values] = (await quietly(() => getMany([OWNER, ...keys], store))) ?? []
  return owner === undefined || owner === user ? values : []
}
export const keep = (key: string, value: unknown): Promise<void> => quietly(() => set(key, value, store))
export const forgetAll = (): Promise<void> => quietly(() => clear(store))
