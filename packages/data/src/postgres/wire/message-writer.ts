/**
 * Messages to PostgreSQL (protocol 3.0, "Message Formats"), one after another into one buffer, so that all statements of a
 * turn of the event loop are one write to the socket.
 *
 * @module
 */
import type { EncodedValue } from "../statement.ts"

const SLAB_BYTES = 64 * 1024
/** The rest of a slab that is not worth keeping. */
const LEAST_BYTES = 1024
/** Up to here a loop over the characters is faster than a call out of JavaScript. */
const SHORT = 24
/** The protocol counts parameters in 16 bits. */
export const MAX_VALUES = 65_535

const type = { parse: 0x50, bind: 0x42, query: 0x51 } as const
const describePortal = Buffer.from([0x44, 0, 0, 0, 6, 0x50, 0])
/** The unnamed portal without a limit of rows. */
const executePortal = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0])
/** The same, and a Sync: what was sent since the one before it is one transaction. */
const executeAndSync = Buffer.from([...executePortal, 0x53, 0, 0, 0, 4])

/** An upper bound; texts that are long enough to matter are measured. */
const bytesOf = (text: string): number => (text.length <= LEAST_BYTES ? text.length * 3 : Buffer.byteLength(text))

export class MessageWriter {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  /** Where begins what nobody has taken yet. */
  #start = 0
  #end = 0

  get size(): number {
    return this.#end - this.#start
  }

  /** A statement in one message, whose answer brings no columns. */
  query(text: string): void {
    this.#reserve(bytesOf(text) + 6)
    const at = this.#begin(type.query)
    this.#zeroTerminated(text)
    this.#finish(at)
  }

  /**
   * Prepares, if `text` is given, binds and runs a statement. Writes all of it or, where it throws, nothing.
   *
   * @param options.more Whether the next statement belongs to the same transaction.
   * @throws RangeError
   */
  execute(
    name: string,
    text: string | undefined,
    values: readonly EncodedValue[],
    { described, more = false }: { readonly described: boolean; readonly more?: boolean },
  ): void {
    if (values.length > MAX_VALUES) throw new RangeError(`A statement has at most ${MAX_VALUES} parameters.`)
    let size = 64 + bytesOf(name) * 2 + (text === undefined ? 0 : bytesOf(text)) + values.length * 6
    for (const value of values) if (value !== null) size += typeof value === "string" ? bytesOf(value) : value.length
    this.#reserve(size)
    if (text !== undefined) this.#parse(name, text)
    this.#bind(name, values)
    if (described) this.#raw(describePortal)
    this.#raw(more ? executePortal : executeAndSync)
  }

  /** What was written since the last time. It stays as it is, since a socket may send it later. */
  take(): Buffer {
    const taken = this.#slab.subarray(this.#start, this.#end)
    this.#start = this.#end
    return taken
  }

  #parse(name: string, text: string): void {
    const at = this.#begin(type.parse)
    this.#zeroTerminated(name)
    this.#zeroTerminated(text)
    this.#int16(0) // every parameter's type follows from its place
    this.#finish(at)
  }

  #bind(name: string, values: readonly EncodedValue[]): void {
    const at = this.#begin(type.bind)
    this.#slab[this.#end++] = 0 // the unnamed portal
    this.#zeroTerminated(name)
    if (values.every((value) => value === null || typeof value === "string")) this.#int16(0)
    else {
      this.#int16(values.length)
      for (const value of values) this.#int16(value === null || typeof value === "string" ? 0 : 1)
    }
    this.#int16(values.length)
    for (const value of values) this.#value(value)
    this.#int16(0) // results as text
    this.#finish(at)
  }

  #value(value: EncodedValue): void {
    const at = this.#end
    this.#end += 4
    if (value === null) {
      this.#int32(-1, at)
      return
    }
    if (typeof value === "string") this.#text(value)
    else this.#raw(value)
    this.#int32(this.#end - at - 4, at)
  }

  #begin(code: number): number {
    this.#slab[this.#end] = code
    this.#end += 5
    return this.#end - 4
  }

  #finish(at: number): void {
    this.#int32(this.#end - at, at)
  }

  #zeroTerminated(text: string): void {
    this.#text(text)
    this.#slab[this.#end++] = 0
  }

  #text(text: string): void {
    const { length } = text
    const slab = this.#slab
    let end = this.#end
    if (length <= SHORT) {
      let index = 0
      for (; index < length; index++) {
        const code = text.charCodeAt(index)
        if (code > 0x7f) break
        slab[end++] = code
      }
      if (index === length) {
        this.#end = end
        return
      }
    }
    this.#end += slab.write(text, this.#end)
  }

  #raw(bytes: Uint8Array): void {
    this.#slab.set(bytes, this.#end)
    this.#end += bytes.length
  }

  #int16(value: number): void {
    this.#slab[this.#end++] = value >> 8
    this.#slab[this.#end++] = value
  }

  #int32(value: number, at: number): void {
    const slab = this.#slab
    slab[at] = value >> 24
    slab[at + 1] = value >> 16
    slab[at + 2] = value >> 8
    slab[at + 3] = value
  }

  /** @throws RangeError for more than a buffer can hold */
  #reserve(size: number): void {
    if (this.#end + size <= this.#slab.length) return
    const written = this.size
    const larger = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, (written + size) * 2))
    this.#slab.copy(larger, 0, this.#start, this.#end)
    this.#slab = larger
    this.#start = 0
    this.#end = written
  }
}
