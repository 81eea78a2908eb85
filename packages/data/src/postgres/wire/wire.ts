/**
 * The conversation with PostgreSQL once `pg` has logged in: statements are sent without waiting for earlier answers, each ends
 * with a Sync of its own, and answers are cut out of the socket's bytes. That is less than half of what `pg`'s own client
 * does for a statement.
 *
 * @module
 */
import { Socket } from "node:net"
import type pg from "pg"
import { Fifo } from "../fifo.ts"
import { backendError } from "./backend-error.ts"
import { MessageReader, ProtocolError } from "./message-reader.ts"
import { MessageWriter } from "./message-writer.ts"
import type { WireQuery } from "./wire-query.ts"

/** The parts of `pg`'s client that know how to log in, over TLS too. */
interface LoggingIn {
  readonly ssl: unknown
  readonly connection: {
    readonly stream: Socket
    once(event: "connect" | "sslconnect", listener: () => void): void
  }
}

/** What has waited this long for the end of the turn is sent at once. */
const FLUSH_BYTES = 256 * 1024

const message = {
  parseComplete: 0x31,
  commandComplete: 0x43,
  dataRow: 0x44,
  error: 0x45,
  copyIn: 0x47,
  rowDescription: 0x54,
  readyForQuery: 0x5a,
} as const

/**
 * What may come and needs no answer: BindComplete, CloseComplete, NotificationResponse, CopyOutResponse, EmptyQueryResponse,
 * NoticeResponse, ParameterStatus, CopyDone, CopyData, NoData, PortalSuspended, ParameterDescription.
 */
const unneeded: ReadonlySet<number> = new Set(Array.from("23AHINScdnst", (code) => code.charCodeAt(0)))

const READ_BYTES = 64 * 1024

/**
 * A socket for `pg` that reads into one buffer again and again, where Node would make a new one for each time that the server writes.
 * What it emits is overwritten by what comes next, once nobody but the `Wire` listens.
 */
export function rereadingSocket(): Socket {
  const socket: Socket = new Socket({
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback(count, buffer) {
        const bytes = (buffer as Buffer).subarray(0, count)
        // `pg` keeps the bytes of a message that is not whole.
        socket.emit("data", socket.listenerCount("data") === 1 ? bytes : Buffer.from(bytes))
        return true
      },
    },
  })
  return socket
}

/** Statements of one transaction, in their order; most are alone. */
interface Sent {
  readonly queries: readonly WireQuery[]
  /** Whose answer is coming. */
  at: number
  isUndone: boolean
}

/** Why a statement that did not fail came to nothing. */
export class UndoneError extends Error {
  constructor(cause: Error | null) {
    super("Another statement of the same transaction failed.", { cause })
  }
}

export class Wire {
  readonly #stream: Socket
  readonly #writer = new MessageWriter()
  readonly #reader = new MessageReader((type, bytes, start, end) => this.#take(type, bytes, start, end))
  /** In the order sent, which is the order of the answers. */
  readonly #sent = new Fifo<Sent>()
  readonly #prepared = new Set<string>()
  #isFlushing = false
  #isLoggedIn = false
  /** What PostgreSQL said last, if it was an error that no statement was to blame for. */
  #farewell: Error | undefined

  private constructor(stream: Socket) {
    this.#stream = stream
  }

  /** Logs in and takes the connection over from `client`, which is left to close it. Fails with `pg`'s own error. */
  static async open(client: pg.Client): Promise<Wire> {
    const { connection, ssl } = client as unknown as LoggingIn
    const opened = new Promise<{ wire: Wire; listener: (chunk: Buffer) => void }>((resolve) => {
      // From the first message on, so that it is known where in the stream a message begins whenever `pg` is done.
      connection.once(ssl ? "sslconnect" : "connect", () => {
        const wire = new Wire(connection.stream)
        const listener = (chunk: Buffer): void => wire.#read(chunk)
        connection.stream.on("data", listener)
        resolve({ wire, listener })
      })
    })
    await client.connect()
    const { wire, listener } = await opened
    const { stream } = connection
    for (const other of stream.listeners("data")) if (other !== listener) stream.off("data", other as () => void)
    stream.once("close", () => wire.#end())
    wire.#isLoggedIn = true
    return wire
  }

  /**
   * Sends a statement behind those already on their way; it is told when it is answered. Several are one transaction: all are told
   * when it is committed, or, if one failed, undone.
   *
   * @throws RangeError if it is too large, which must be known before of each of several
   */
  send(...queries: readonly WireQuery[]): void {
    if (!this.#stream.writable) {
      for (const query of queries) query.settle(this.#lost())
      return
    }
    for (const [index, query] of queries.entries()) this.#write(query, index < queries.length - 1)
    this.#sent.push({ queries, at: 0, isUndone: false })
    if (this.#writer.size > FLUSH_BYTES) this.flush()
    else if (!this.#isFlushing) {
      this.#isFlushing = true
      // After the events of this turn, so that whatever they send is one write.
      setImmediate(() => {
        this.#isFlushing = false
        this.flush()
      })
    }
  }

  #write(query: WireQuery, more: boolean): void {
    const { statement, values, shape } = query
    if (shape === "tag") {
      this.#writer.query(statement.text)
      return
    }
    const { name, text } = statement
    const isNew = name === undefined || !this.#prepared.has(name)
    const described = shape === "rows" || shape === "parsed"
    this.#writer.execute(name ?? "", isNew ? text : undefined, values, { described, more })
    if (isNew && name !== undefined) {
      this.#prepared.add(name)
      query.isPreparing = true
    }
  }

  /** Whether a statement is prepared under this name, or is on its way to be. */
  hasPrepared(name: string): boolean {
    return this.#prepared.has(name)
  }

  /** Makes the next use of this name prepare it. */
  forget(name: string): void {
    this.#prepared.delete(name)
  }

  /** Hands to the socket what was sent. */
  flush(): void {
    if (this.#writer.size > 0 && this.#stream.writable) this.#stream.write(this.#writer.take())
  }

  /** Breaks the connection; what is on its way fails. */
  destroy(): void {
    this.#stream.destroy()
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.read(chunk)
    } catch (error) {
      this.#farewell = error as Error
      this.#stream.destroy()
    }
  }

  #take(type: number, bytes: Buffer, start: number, end: number): void {
    // Until then it is `pg` who answers.
    if (!this.#isLoggedIn) return
    const sent = this.#sent.first
    const current = sent?.queries[sent.at]
    switch (type) {
      case message.dataRow:
        current?.row(bytes, start)
        return
      case message.readyForQuery:
        this.#settle()
        return
      case message.commandComplete:
        if (current?.isCounted) current.tag = bytes.toString("utf8", start, end - 1)
        if (sent && sent.at < sent.queries.length - 1) sent.at++
        return
      case message.rowDescription:
        current?.describe(bytes, start)
        return
      case message.parseComplete:
        if (current) current.isPreparing = false
        return
      case message.error:
        this.#fail(backendError(bytes, start, end))
        return
      case message.copyIn:
        // It would take the statements behind for the data.
        throw new ProtocolError("Statements that copy from the client are not possible here.")
      default:
        if (!unneeded.has(type)) throw new ProtocolError(`PostgreSQL sent a message of an unknown kind: ${type}.`)
    }
  }

  #fail(error: Error): void {
    const sent = this.#sent.first
    const current = sent?.queries[sent.at]
    if (sent === undefined || current === undefined) {
      this.#farewell = error
      return
    }
    current.failure ??= error
    sent.isUndone = true
  }

  #settle(): void {
    const sent = this.#sent.shift()
    if (sent === undefined) return
    const { queries, at, isUndone } = sent
    for (const query of queries) {
      if (isUndone) {
        query.failure ??= new UndoneError(queries[at]?.failure ?? null)
        const { name } = query.statement
        // It failed itself, or PostgreSQL passed over it.
        if (query.isPreparing && name !== undefined) this.#prepared.delete(name)
      }
      query.settle()
    }
  }

  #end(): void {
    for (const { queries } of this.#sent.drain()) for (const query of queries) query.settle(this.#lost())
  }

  #lost(): Error {
    return this.#farewell ?? new Error("The connection to PostgreSQL has ended.")
  }
}
