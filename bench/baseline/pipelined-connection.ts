/**
 * One connection to PostgreSQL that does only what a limit needs: named prepared statements with text parameters,
 * sent without waiting for earlier answers, each in a transaction of its own, each giving one value as raw bytes.
 *
 * @module
 */

import { connect, type Socket } from "node:net"
import { MessageWriter } from "./message-writer.ts"

/** A statement with one text column and at most one row. The name is stable, so that a connection prepares it once. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly connectTimeoutMs: number
}

interface Pending {
  readonly resolve: (value: Buffer | null) => void
  readonly reject: (reason: Error) => void
  value: Buffer | null
  error: Error | null
}

const message = {
  // to the server
  parse: 0x50,
  bind: 0x42,
  // from the server
  authentication: 0x52,
  error: 0x45,
  dataRow: 0x44,
  readyForQuery: 0x5a,
} as const

/** Execute the unnamed portal without a row limit, then Sync. */
const executeAndSync = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4])

/** Answered statements are dropped from the queue in one go, because shifting it for each would move the rest every time. */
const compactAt = 1024

const protocolVersion = 3 << 16

export class PipelinedConnection {
  readonly #socket: Socket
  readonly #writer = new MessageWriter()
  readonly #prepared = new Set<string>()
  readonly #pending: (Pending | undefined)[] = []
  #head = 0
  #flushScheduled = false
  #unread: Buffer | null = null
  #opened: PromiseWithResolvers<void> | null = Promise.withResolvers<void>()

  private constructor(options: ConnectionOptions) {
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true })
    this.#socket.on("connect", () => this.#socket.write(startupMessage(options)))
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk))
    this.#socket.on("error", (error) => this.#fail(error))
    this.#socket.on("close", () => this.#fail(new Error("PostgreSQL closed the connection")))
  }

  /** A connection that has logged in. The server must trust it: passwords are no part of the measure. */
  static async open(options: ConnectionOptions): Promise<PipelinedConnection> {
    const connection = new PipelinedConnection(options)
    const deadline = setTimeout(
      () => connection.#socket.destroy(new Error(`no connection to PostgreSQL within ${options.connectTimeoutMs} ms`)),
      options.connectTimeoutMs,
    )
    try {
      await connection.#opened?.promise
      return connection
    } finally {
      clearTimeout(deadline)
    }
  }

  /** Statements sent and not yet answered. */
  get inFlight(): number {
    return this.#pending.length - this.#head
  }

  /** The only value of the only row, as PostgreSQL wrote it; null for no row. */
  value(statement: Statement, parameters: readonly (string | null)[]): Promise<Buffer | null> {
    return new Promise((resolve, reject) => {
      this.#send(statement, parameters)
      this.#pending.push({ resolve, reject, value: null, error: null })
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #send(statement: Statement, parameters: readonly (string | null)[]): void {
    const writer = this.#writer
    if (!this.#prepared.has(statement.name)) {
      this.#prepared.add(statement.name)
      writer.begin(message.parse)
      writer.zeroTerminated(statement.name)
      writer.zeroTerminated(statement.text)
      writer.int16(0) // every parameter's type is inferred
      writer.finish()
    }
    writer.begin(message.bind)
    writer.zeroTerminated("") // the unnamed portal
    writer.zeroTerminated(statement.name)
    writer.int16(0) // parameters in text format
    writer.int16(parameters.length)
    for (const parameter of parameters) writer.parameter(parameter)
    writer.int16(0) // results in text format
    writer.finish()
    writer.raw(executeAndSync)
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    // After the I/O of this turn, so that all requests read from their sockets in it share one write.
    setImmediate(() => {
      this.#flushScheduled = false
      this.#socket.write(writer.take())
    })
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#unread === null ? chunk : Buffer.concat([this.#unread, chunk])
    this.#unread = null
    let start = 0
    while (bytes.length - start >= 5) {
      const end = start + 1 + bytes.readInt32BE(start + 1)
      if (end > bytes.length) break
      this.#handle(bytes, start, end)
      start = end
    }
    if (start < bytes.length) this.#unread = bytes.subarray(start)
  }

  #handle(bytes: Buffer, start: number, end: number): void {
    switch (bytes[start]) {
      case message.dataRow: {
        const length = bytes.readInt32BE(start + 7)
        const current = this.#pending[this.#head]
        if (current && length >= 0) current.value = bytes.subarray(start + 11, start + 11 + length)
        return
      }
      case message.readyForQuery:
        if (this.#opened) {
          this.#opened.resolve()
          this.#opened = null
        } else this.#settle()
        return
      case message.error: {
        const error = new Error(errorText(bytes.subarray(start + 5, end)))
        const current = this.#pending[this.#head]
        if (current) current.error = error
        else this.#socket.destroy(error)
        return
      }
      case message.authentication:
        if (bytes.readInt32BE(start + 5) !== 0)
          this.#socket.destroy(new Error("PostgreSQL asks for a password; the baseline needs trust authentication"))
        return
    }
  }

  #settle(): void {
    const done = this.#pending[this.#head]
    this.#pending[this.#head++] = undefined
    if (this.#head === compactAt) {
      this.#pending.splice(0, compactAt)
      this.#head = 0
    }
    if (!done) return
    if (done.error) done.reject(done.error)
    else done.resolve(done.value)
  }

  #fail(error: Error): void {
    this.#opened?.reject(error)
    this.#opened = null
    for (const pending of this.#pending.splice(0).slice(this.#head)) pending?.reject(error)
    this.#head = 0
  }
}

function startupMessage(options: ConnectionOptions): Buffer {
  const body = Buffer.from(`user\0${options.user}\0database\0${options.database}\0\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + body.length, 0)
  head.writeInt32BE(protocolVersion, 4)
  return Buffer.concat([head, body])
}

/** The primary text (field `M`) of an ErrorResponse. */
function errorText(body: Buffer): string {
  const field = body
    .toString("utf8")
    .split("\0")
    .find((part) => part.startsWith("M"))
  return field?.slice(1) ?? "unknown error"
}
