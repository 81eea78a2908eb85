/** Those that have left are dropped in one go: to shift an array for each would move the rest every time. */
const COMPACT_AT = 256

/** What is answered in the order it was sent in. */
export class Fifo<Item> {
  readonly #items: (Item | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    const first = this.first
    if (first === undefined) return undefined
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length || this.#head === COMPACT_AT) this.#compact()
    return first
  }

  /** Takes out an item wherever it stands; nothing happens if it is not there. */
  remove(item: Item): void {
    if (this.first === item) {
      this.shift()
      return
    }
    const at = this.#items.indexOf(item, this.#head)
    if (at >= 0) this.#items.splice(at, 1)
  }

  /** Takes all out. */
  drain(): Item[] {
    this.#compact()
    return this.#items.splice(0) as Item[]
  }

  #compact(): void {
    this.#items.splice(0, this.#head)
    this.#head = 0
  }
}
