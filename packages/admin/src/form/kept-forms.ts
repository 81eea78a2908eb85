import { createStore, del, delMany, entries, get, set, type UseStore, values } from "idb-keyval"
import type { FormState } from "./form-state.ts"

/**
 * Unsaved forms, in IndexedDB: a closed tab, a crash or a lost session loses nothing of them.
 *
 * @module
 */
export interface KeptForm {
  readonly user: string
  readonly collection: string
  readonly isNew: boolean
  readonly state: FormState
  /** What the record is called. */
  readonly title: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** So many are kept, the latest, and none for longer. */
const MAX_KEPT = 50
const MAX_AGE_MS = 30 * 86_400_000

let opened: UseStore | undefined
const store = (): UseStore => (opened ??= createStore("archipel-admin-forms", "forms"))

type Owner = Pick<KeptForm, "user" | "collection">

const keyOf = ({ user, collection }: Owner, id: string): string => `${user} ${collection} ${id}`

/** A browser that keeps nothing (private windows, a full disk) is no reason not to work. */
const quietly = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work()
  } catch {
    return undefined
  }
}

let cleaned: Promise<unknown> | undefined

/** Drops what is too old or too much, and what another person left in this browser. Once is enough for as long as the page is there. */
function clean(user: string): Promise<unknown> {
  cleaned ??= quietly(async () => {
    const sorted = (await entries<string, KeptForm>(store())).toSorted(([, a], [, b]) => b.at - a.at)
    const oldest = Date.now() - MAX_AGE_MS
    const gone = sorted.filter(([, form], index) => index >= MAX_KEPT || form.at < oldest || form.user !== user)
    await delMany(
      gone.map(([key]) => key),
      store(),
    )
  })
  return cleaned
}

export const keepForm = (form: KeptForm): Promise<unknown> =>
  quietly(() => set(keyOf(form, form.state.id), form, store()))

export const forgetForm = (of: Owner, id: string): Promise<unknown> => quietly(() => del(keyOf(of, id), store()))

export async function keptForm(of: Owner, id: string): Promise<KeptForm | undefined> {
  await clean(of.user)
  return quietly(() => get<KeptForm>(keyOf(of, id), store()))
}

/** New records of a collection that were begun and not saved, the latest first. */
export async function keptNewForms({ user, collection }: Owner): Promise<readonly KeptForm[]> {
  await clean(user)
  const forms = (await quietly(() => values<KeptForm>(store()))) ?? []
  return forms
    .filter((form) => form.user === user && form.collection === collection && form.isNew)
    .toSorted((a, b) => b.at - a.at)
}
