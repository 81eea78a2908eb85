/**
 * A growing buffer of messages to PostgreSQL (protocol 3.0, "Message Formats").
 *
 * Several messages are collected and handed to the socket at once; `take` gives the bytes and starts over.
 *
 * @module
 */

const initialSize = 16 * 1024

export class MessageWriter {
  #buffer = Buffer.allocUnsafe(initialSize)
  #end = 0
  #messageStart = 0

  /** Starts a message of one type byte; its length is filled in by `finish`. */
  begin(type: number): void {
    this.#reserve(5)
    this.#buffer[this.#end] = type
    this.#messageStart = this.#end + 1
    this.#end += 5
  }

  finish(): void {
    this.#buffer.writeInt32BE(this.#end - this.#messageStart, this.#messageStart)
  }

  int16(value: number): void {
    this.#reserve(2)
    this.#end = this.#buffer.writeInt16BE(value, this.#end)
  }

  /** A string and the zero byte that ends it. */
  zeroTerminated(text: string): void {
    this.#reserve(text.length * 3 + 1)
    this.#end += this.#buffer.write(text, this.#end)
    this.#buffer[this.#end++] = 0
  }

  /** A parameter's value in text format, preceded by its length in bytes; -1 means null. */
  parameter(text: string | null): void {
    if (text === null) {
      this.#reserve(4)
      this.#end = this.#buffer.writeInt32BE(-1, this.#end)
      return
    }
    this.#reserve(text.length * 3 + 4)
    const length = this.#buffer.write(text, this.#end + 4)
    this.#buffer.writeInt32BE(length, this.#end)
    this.#end += 4 + length
  }

  /** Bytes that were encoded before. */
  raw(bytes: Buffer): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** The bytes so far. They belong to the caller, because a socket may still be sending them when the next message is written. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#end)
    this.#buffer = Buffer.allocUnsafe(initialSize)
    this.#end = 0
    return bytes
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#end + size))
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
  }
}
