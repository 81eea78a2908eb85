/**
 * A way to PostgreSQL that breaks at the nth statement, as the process's death would break it.
 *
 * @module
 */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

export interface SeveringProxy extends AsyncDisposable {
  readonly url: string
  /** Statements that came so far, over all connections. */
  readonly statements: number
}

/**
 * @param at The number of the statement at which all connections break; none for 0.
 * @param delivered Whether that statement still reaches PostgreSQL, which runs it and finds nobody to answer.
 */
export async function severingProxy(target: string, at: number, delivered: boolean): Promise<SeveringProxy> {
  const url = new URL(target)
  const open = new Set<Socket>()
  let statements = 0
  let isBroken = false
  const breakAll = (): void => {
    isBroken = true
    for (const socket of open) socket.destroy()
  }
  const server = createServer((client) => {
    if (isBroken) return client.destroy()
    const upstream = connect(Number(url.port), url.hostname)
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on("error", () => socket.destroy())
      socket.once("close", () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    upstream.pipe(client)
    const count = messageCounter(() => ++statements === at)
    client.on("data", (chunk: Buffer) => {
      const isLast = count(chunk)
      if (!isLast) upstream.write(chunk)
      else if (delivered) upstream.write(chunk, breakAll)
      else breakAll()
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const own = new URL(target)
  own.hostname = "127.0.0.1"
  own.port = String((server.address() as AddressInfo).port)
  return {
    url: own.href,
    get statements() {
      return statements
    },
    async [Symbol.asyncDispose]() {
      breakAll()
      server.close()
      await once(server, "close")
    },
  }
}

const QUERY = 0x51
const SYNC = 0x53

/** Looks at what a client sends (PostgreSQL, "Message Formats"): a statement ends with Query or Sync. */
function messageCounter(onStatement: () => boolean): (chunk: Buffer) => boolean {
  let rest: Buffer = Buffer.alloc(0)
  let isStarted = false
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    let isLast = false
    for (;;) {
      const header = isStarted ? 1 : 0
      if (rest.length < header + 4) return isLast
      const length = header + rest.readInt32BE(header)
      if (rest.length < length) return isLast
      const kind = rest[0]
      if (isStarted && (kind === QUERY || kind === SYNC) && onStatement()) isLast = true
      isStarted = true
      rest = rest.subarray(length)
    }
  }
}
