import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** A network between two processes, which a test may cut, or let swallow everything. */
export interface Line extends AsyncDisposable {
  readonly port: number
  /** Ends all connections and takes no new ones. */
  cut(): void
  /** Connections that there are stay, but nothing comes through them any more. */
  silence(): void
  /** New connections are good again. */
  mend(): void
}

export async function line(target: number): Promise<Line> {
  const sockets = new Set<Socket>()
  const silent = new WeakSet<Socket>()
  let isCut = false
  const server = createServer((from) => {
    if (isCut) return void from.destroy()
    const to = connect(target, "127.0.0.1")
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(socket)
      socket.on("data", (bytes) => {
        if (!silent.has(socket)) other.write(bytes)
      })
      socket.on("error", () => other.destroy())
      socket.on("close", () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true
      endAll()
    },
    silence() {
      for (const socket of sockets) silent.add(socket)
    },
    mend() {
      isCut = false
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        endAll()
      }),
  }
}
