/** How old an entry may be when it is used. */
export interface Freshness {
  /** While notices of changes arrive. */
  readonly heardMs: number
  /** While they do not. */
  readonly deafMs: number
  /** While the source does not answer: after that nothing is known any more. */
  readonly boundMs: number
}

export interface FreshCacheOptions<V> {
  readonly load: (key: string) => Promise<V>
  readonly freshness: Freshness
  /** Whether notices of changes arrive. */
  readonly isHeard: () => boolean
  readonly now: () => number
  /** Entries; the oldest go first. */
  readonly max: number
}

interface Entry<V> {
  readonly value: V
  readonly loadedAt: number
}

interface Loading<V> {
  promise: Promise<V>
  isOutdated: boolean
}

/** Between attempts at a source that does not answer. */
const RETRY_MS = 500
/** Of a key that changes again and again while it is loaded. */
const MAX_ROUNDS = 5

/**
 * Values that others change and tell about: answered from memory as long as nothing was told, and never from memory after a change was
 * told, whatever happens to the source.
 */
export class FreshCache<V> {
  readonly #options: FreshCacheOptions<V>
  readonly #entries = new Map<string, Entry<V>>()
  readonly #loading = new Map<string, Loading<V>>()
  /** What was loaded before may miss notices. */
  #suspectBefore = Number.NEGATIVE_INFINITY
  #sourceAwayUntil = Number.NEGATIVE_INFINITY

  constructor(options: FreshCacheOptions<V>) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  /** At once where what is known is fresh. @throws what loading throws, where nothing that is known may be used */
  get(key: string): V | Promise<V> {
    const entry = this.#entries.get(key)
    if (entry !== undefined && this.#isFresh(entry)) return entry.value
    return this.#load(key).catch((error: unknown) => {
      // What was told to be changed is gone from here.
      const known = this.#entries.get(key)
      const { boundMs } = this.#options.freshness
      if (known === undefined || this.#age(known) > boundMs) throw error
      return known.value
    })
  }

  /** Loads anew, whatever is known. */
  reload(key: string): Promise<V> {
    this.#outdate(key)
    return this.#load(key)
  }

  /** What is known, however old. */
  peek(key: string): V | undefined {
    return this.#entries.get(key)?.value
  }

  /** A change of this key was told. */
  forget(key: string): void {
    this.#entries.delete(key)
    this.#outdate(key)
  }

  /** A change of everything was told. */
  forgetAll(): void {
    this.#entries.clear()
    for (const loading of this.#loading.values()) loading.isOutdated = true
  }

  /** Notices were missed until now: what is known is used only if the source does not answer. */
  suspectAll(): void {
    this.#suspectBefore = this.#options.now()
    for (const loading of this.#loading.values()) loading.isOutdated = true
  }

  #age(entry: Entry<V>): number {
    const age = this.#options.now() - entry.loadedAt
    return age < 0 ? Number.POSITIVE_INFINITY : age
  }

  #isFresh(entry: Entry<V>): boolean {
    const { freshness, isHeard, now } = this.#options
    const age = this.#age(entry)
    if (entry.loadedAt > this.#suspectBefore && age <= (isHeard() ? freshness.heardMs : freshness.deafMs)) return true
    return now() < this.#sourceAwayUntil && age <= freshness.boundMs
  }

  #outdate(key: string): void {
    const loading = this.#loading.get(key)
    if (loading) loading.isOutdated = true
  }

  #load(key: string): Promise<V> {
    const known = this.#loading.get(key)
    if (known) return known.promise
    const loading: Loading<V> = { promise: undefined as never, isOutdated: false }
    loading.promise = this.#rounds(key, loading).finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading.promise
  }

  async #rounds(key: string, loading: Loading<V>): Promise<V> {
    const { load, now, max } = this.#options
    let value: V
    let loadedAt: number
    let round = 0
    do {
      loading.isOutdated = false
      loadedAt = now()
      try {
        value = await load(key)
      } catch (error) {
        this.#sourceAwayUntil = now() + RETRY_MS
        throw error
      }
    } while (loading.isOutdated && ++round < MAX_ROUNDS)
    this.#sourceAwayUntil = Number.NEGATIVE_INFINITY
    if (loading.isOutdated) return value
    this.#entries.delete(key)
    if (this.#entries.size >= max) this.#entries.delete(this.#entries.keys().next().value as string)
    this.#entries.set(key, { value, loadedAt })
    return value
  }
}
