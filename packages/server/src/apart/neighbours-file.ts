import { mkdir, rename, writeFile } from "node:fs/promises"
import { dirname } from "node:path"

/** Writes where services are for all processes that watch the file: whole, or not at all. */
export interface NeighboursFile {
  readonly path: string
  /** One replica of a service is at an address now; undefined where it left. Answers when it is written. */
  place(service: string, replica: number, address: string | undefined): Promise<void>
}

export function neighboursFile(path: string): NeighboursFile {
  const places = new Map<string, Map<number, string>>()
  let writing: Promise<void> = Promise.resolve()
  const write = async (): Promise<void> => {
    const entries = [...places].map(([service, replicas]) => [service, [...replicas.values()]] as const)
    const text = JSON.stringify(Object.fromEntries(entries.filter(([, addresses]) => addresses.length > 0)), null, 2)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.new`, `${text}\n`)
    await rename(`${path}.new`, path)
  }
  return {
    path,
    place(service, replica, address) {
      let replicas = places.get(service)
      if (!replicas) places.set(service, (replicas = new Map()))
      if (address === undefined) replicas.delete(replica)
      else replicas.set(replica, address)
      writing = writing.then(write)
      return writing
    },
  }
}
