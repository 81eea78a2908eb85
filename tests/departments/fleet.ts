/**
 * The services of several projects as one fleet: a process for each replica, started by `archipel serve`.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { join } from "node:path"
import pg from "pg"
import { type Ask, asksOf } from "../support/asking.ts"
import { until } from "../support/fleet.ts"
import { testDatabase } from "../support/database.ts"
import { type Departments, departmentsEnvironment, type Project } from "./projects.ts"

/** One process of a service. */
export interface Replica {
  readonly service: string
  /** What it wrote since it was started last. */
  readonly said: string
  /** Ends it in peace and starts it again, from its project's sources as they are now. */
  restart(): Promise<void>
}

export interface DepartmentsFleet extends AsyncDisposable {
  /** Through the gateway. */
  readonly ask: Ask
  readonly replicas: readonly Replica[]
  /** Runs SQL in a service's database, as those who operate it may. */
  sql(service: string, text: string): Promise<void>
  /** Restarts the replicas of a service, one after the other: the next when the one before has answered `caller` again. */
  roll(service: string, caller: string): Promise<void>
}

const READY_MS = 120_000

/** Ports that are free now, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const probes = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    probes.map(
      (probe) =>
        new Promise<number>((resolve, reject) => {
          probe.once("error", reject)
          probe.listen(0, "127.0.0.1", () => resolve((probe.address() as AddressInfo).port))
        }),
    ),
  )
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))))
  return ports
}

/** Two replicas of crm, one of each other service. */
export async function startDepartments(departments: Departments): Promise<DepartmentsFleet> {
  const { folder, executable, company, selling } = departments
  const stack = new AsyncDisposableStack()
  const shared = join(folder, "shared")
  mkdirSync(shared)
  const places: readonly (readonly [string, Project])[] = [
    ["identity", selling],
    ["gateway", selling],
    ["crm", company],
    ["crm", company],
    ["sales", selling],
  ]
  const [open = 0, ...ports] = await freePorts(places.length + 1)
  const url = `http://127.0.0.1:${open}`
  const neighbours = join(shared, "neighbours.json")
  const addresses: Record<string, string[]> = {}
  for (const [i, [service]] of places.entries()) (addresses[service] ??= []).push(`127.0.0.1:${ports[i]}`)
  writeFileSync(`${neighbours}.new`, JSON.stringify(addresses))
  renameSync(`${neighbours}.new`, neighbours)
  const databases: Record<string, string> = {}
  for (const service of Object.keys(addresses)) {
    const database = await testDatabase(`departments_${service}`)
    stack.defer(() => database.drop())
    databases[`DATABASE_URL_${service.toUpperCase()}`] = database.url
  }
  const env = {
    ...departmentsEnvironment(),
    ...databases,
    ARCHIPEL_AUTHORITY: join(shared, "authority"),
    ARCHIPEL_NEIGHBOURS_FILE: neighbours,
    ARCHIPEL_SECRET: randomBytes(48).toString("base64"),
    ARCHIPEL_OPEN: `127.0.0.1:${open}`,
    ARCHIPEL_URL: url,
    // Each call leaves a line, by which it is seen who is asked by whom.
    ARCHIPEL_LOG_LEVEL: "info",
  }

  const replicas: Replica[] = []
  const begin = async (service: string, project: Project, port: number, nth: number): Promise<Replica> => {
    let child: ChildProcess
    let said = ""
    const launch = async (): Promise<void> => {
      said = ""
      const data = join(shared, `data-${service}-${nth}`)
      const started = spawn(process.execPath, [executable, "serve", service, "--data", data], {
        cwd: project.folder,
        env: { ...env, ARCHIPEL_LISTEN: `127.0.0.1:${port}` },
        stdio: ["ignore", "pipe", "pipe"],
      })
      child = started
      for (const stream of [started.stdout, started.stderr])
        stream.setEncoding("utf8").on("data", (part: string) => {
          said += part
        })
      await until(
        () => {
          if (started.exitCode !== null) throw new Error(`${service} ended with ${started.exitCode}:\n${said}`)
          return /^ready /m.test(said)
        },
        `${service} being ready, which said\n${said}\n`,
        READY_MS,
      )
    }
    const end = async (): Promise<void> => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGTERM")
      await gone
    }
    stack.defer(end)
    await launch()
    return {
      service,
      get said() {
        return said
      },
      async restart() {
        await end()
        await launch()
      },
    }
  }
  try {
    // Whoever is asked is there before whoever asks, so that nobody begins with waiting for another.
    for (const wave of [["identity"], ["crm", "sales"], ["gateway"]]) {
      const started = places.map(([service, project], i) =>
        wave.includes(service) ? begin(service, project, ports[i] ?? 0, i) : [],
      )
      replicas.push(...(await Promise.all(started)).flat())
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
  return {
    ask: asksOf(url),
    replicas,
    async sql(service, text) {
      const client = new pg.Client({ connectionString: databases[`DATABASE_URL_${service.toUpperCase()}`] })
      await client.connect()
      try {
        await client.query(text)
      } finally {
        await client.end()
      }
    },
    async roll(service, caller) {
      const answered = new RegExp(`"route":"${caller} [^"]*","status":200`)
      for (const replica of replicas.filter((each) => each.service === service)) {
        await replica.restart()
        await until(() => answered.test(replica.said), `${caller} being answered by ${service} again`)
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
