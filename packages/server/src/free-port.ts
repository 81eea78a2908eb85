import { createServer } from "node:net"

/**
 * A port that can be listened at: the given one, or any free one for 0. Looked at before a program does anything else, since a taken
 * port is best known before databases are filled.
 *
 * @throws what Node says if the port is taken or the host is not this machine
 */
export function freePort(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(port, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : port))
    })
  })
}
