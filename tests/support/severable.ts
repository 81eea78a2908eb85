/**
 * A way to a server that a test can cut, and mend again.
 *
 * @module
 */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

export interface SeverableWay extends AsyncDisposable {
  /** The given address, by this way. */
  readonly url: string
  /** Breaks every connection, and refuses new ones. */
  cut(): void
  mend(): void
}

/** @param target "scheme://…host:port/…" */
export async function severableWay(target: string): Promise<SeverableWay> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(Number(port), hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.on("error", () => other.destroy())
      socket.on("close", () => {
        open.delete(socket)
        other.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const breakAll = (): void => {
    for (const socket of open) socket.destroy()
  }
  const url = new URL(target)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    cut() {
      isCut = true
      breakAll()
    },
    mend() {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      breakAll()
      server.close()
      await once(server, "close")
    },
  }
}
