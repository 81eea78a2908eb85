/**
 * Messages from PostgreSQL, cut out of what the socket brings (protocol 3.0, "Message Formats").
 *
 * @module
 */

/** A message lies in `bytes` from `start` to `end`, without its type and length. The bytes are its own only until it returns. */
export type OnMessage = (type: number, bytes: Buffer, start: number, end: number) => void

/** What PostgreSQL said is no message: nothing that follows can be understood. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError"
}

/** Type and length. */
const HEAD_BYTES = 5
/** PostgreSQL's own limit of a message, rounded up. */
const MAX_MESSAGE_BYTES = 2 ** 30 + 2 ** 10

const LEAST_BYTES = 16 * 1024
/** Room for what is kept of a message, beyond which it is given back once the message is whole. */
const MAX_IDLE_BYTES = 1024 * 1024
const nothing = Buffer.alloc(0)

export class MessageReader {
  readonly #onMessage: OnMessage
  /** Begins with what has come of a message that is not whole. */
  #kept: Buffer = nothing
  #size = 0
  /** How many bytes that needs at least to be a message, as far as is known. */
  #needed = HEAD_BYTES

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage
  }

  /**
   * @param chunk Read before this returns; what is in it later does not matter.
   * @throws ProtocolError
   */
  read(chunk: Buffer): void {
    if (this.#size === 0) {
      const at = this.#cut(chunk, chunk.length)
      if (at < chunk.length) this.#keep(at === 0 ? chunk : chunk.subarray(at))
      return
    }
    this.#keep(chunk)
    if (this.#size < this.#needed) return
    const at = this.#cut(this.#kept, this.#size)
    this.#kept.copyWithin(0, at, this.#size)
    this.#size -= at
    if (this.#size === 0 && this.#kept.length > MAX_IDLE_BYTES) this.#kept = nothing
  }

  /** Hands on the messages that are whole. @returns where the first one begins that is not */
  #cut(bytes: Buffer, size: number): number {
    let at = 0
    this.#needed = HEAD_BYTES
    while (size - at >= HEAD_BYTES) {
      const length = bytes.readInt32BE(at + 1)
      if (length < HEAD_BYTES - 1 || length > MAX_MESSAGE_BYTES) {
        throw new ProtocolError(`PostgreSQL sent a message of ${length} bytes.`)
      }
      const end = at + 1 + length
      if (end > size) {
        this.#needed = end - at
        break
      }
      this.#onMessage(bytes[at] as number, bytes, at + HEAD_BYTES, end)
      at = end
    }
    return at
  }

  #keep(bytes: Buffer): void {
    const size = this.#size + bytes.length
    if (size > this.#kept.length) {
      // Twice as much, so that a large message is not moved for each of its parts.
      const larger = Buffer.allocUnsafeSlow(Math.max(size, this.#kept.length * 2, LEAST_BYTES))
      this.#kept.copy(larger, 0, 0, this.#size)
      this.#kept = larger
    }
    bytes.copy(this.#kept, this.#size)
    this.#size = size
  }
}
