/**
 * The company as several processes that ask each other over HTTP.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Ask } from "../support/asking.ts"
import type { CompanyDatabases, CompanyService } from "../support/company.ts"
import { type ProgramProcess, startProgram } from "../support/program.ts"

/** Which services share a process, those that others ask first. */
const processes = [
  ["crm", "identity"],
  ["catalog"],
  ["people"],
  ["sales"],
] as const satisfies readonly (readonly CompanyService[])[]

/** A call that went from one process to another. */
export interface Call {
  readonly service: string
  readonly path: string
  readonly as: string
  readonly body: string
}

/** Stands before a process, counts what it is asked, and can be cut off. */
export interface CountingNeighbour extends AsyncDisposable {
  readonly url: string
  readonly calls: Call[]
  /** While true, connections are broken. */
  isAway: boolean
}

async function countingNeighbour(target: string): Promise<CountingNeighbour> {
  const calls: Call[] = []
  const state = { isAway: false }
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    if (state.isAway) {
      request.socket.destroy()
      return
    }
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { url: path = "", method = "GET", headers } = request
      const body = Buffer.concat(chunks)
      calls.push({ service: path.split("/")[2] ?? "", path, as: headers.authorization ?? "", body: body.toString() })
      const { "content-type": type = "", authorization = "", traceparent } = headers
      const passed = {
        "content-type": type,
        authorization,
        ...(traceparent ? { traceparent: String(traceparent) } : {}),
      }
      fetch(target + path, { method, headers: passed, body }).then(
        async (answer) => {
          response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
          response.end(await answer.text())
        },
        () => request.socket.destroy(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    get isAway() {
      return state.isAway
    },
    set isAway(is) {
      state.isAway = is
      if (is) server.closeAllConnections()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export interface CompanyApart extends AsyncDisposable {
  /** Asks the process that has the service which the path names. */
  readonly ask: Ask
  readonly neighbours: Readonly<Record<CompanyService, CountingNeighbour>>
  /** Takes what was counted since the last time. */
  taken(): Call[]
}

/** Starts four processes on these databases, each with a directory of its own. */
export async function startApart(databases: CompanyDatabases, outsider: readonly string[]): Promise<CompanyApart> {
  const programs = new Map<CompanyService, ProgramProcess>()
  const neighbours: Partial<Record<CompanyService, CountingNeighbour>> = {}
  const directories: string[] = []
  for (const services of processes) {
    const data = await mkdtemp(join(tmpdir(), "archipel-apart-"))
    directories.push(data)
    const known = Object.entries(neighbours).flatMap(([name, { url }]) => ["--neighbour", `${name}=${url}`])
    const program = await startProgram({
      data,
      args: ["--only", services.join(), ...known],
      env: { ...databases.env, OUTSIDER_ROLES: outsider.join() },
    })
    const neighbour = await countingNeighbour(program.url)
    for (const service of services) {
      programs.set(service, program)
      neighbours[service] = neighbour
    }
  }
  const all = neighbours as Record<CompanyService, CountingNeighbour>
  return {
    ask: (path, asking) => {
      const program = programs.get(path.split("/")[2] as CompanyService)
      if (!program) throw new Error(`No process has ${path}.`)
      return program.ask(path, asking)
    },
    neighbours: all,
    taken: () => [...new Set(Object.values(all))].flatMap(({ calls }) => calls.splice(0)),
    async [Symbol.asyncDispose]() {
      for (const program of new Set([...programs.values()].reverse())) await program[Symbol.asyncDispose]()
      for (const neighbour of new Set(Object.values(all))) await neighbour[Symbol.asyncDispose]()
      for (const directory of directories) await rm(directory, { recursive: true, force: true })
    },
  }
}
