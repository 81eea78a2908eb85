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

export class MessageReader {
  readonly #onMessage: OnMessage
  /** Parts of a message that has not come to its end. */
  #parts: Buffer[] = []
  #size = 0
  /** How many bytes these parts need at least to be a message, as far as is known. */
  #needed = HEAD_BYTES

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage
  }

  /** @throws ProtocolError */
  read(chunk: Buffer): void {
    let bytes = chunk
    if (this.#size > 0) {
      this.#parts.push(chunk)
      this.#size += chunk.length
      if (this.#size < this.#needed) return
      bytes = Buffer.concat(this.#parts, this.#size)
      this.#parts = []
      this.#size = 0
    }
    let at = 0
    let needed = HEAD_BYTES
    while (bytes.length - at >= HEAD_BYTES) {
      const length = bytes.readInt32BE(at + 1)
      if (length < HEAD_BYTES - 1 || length > MAX_MESSAGE_BYTES) {
        throw new ProtocolError(`PostgreSQL sent a message of ${length} bytes.`)
      }
      const end = at + 1 + length
      if (end > bytes.length) {
        needed = end - at
        break
      }
      this.#onMessage(bytes[at] as number, bytes, at + HEAD_BYTES, end)
      at = end
    }
    if (at === bytes.length) return
    const rest = at === 0 ? bytes : bytes.subarray(at)
    this.#parts = [rest]
    this.#size = rest.length
    this.#needed = needed
  }
}
