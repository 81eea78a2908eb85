import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, rmSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { removeEmbeddedPostgres, startEmbeddedPostgres } from "@archipel/data"
import { type Command, readArguments } from "../command.ts"
import { Failure, misuse } from "../failure.ts"
import { styled, type Terminal } from "../terminal.ts"
import type { ProgramNews } from "./run-program.ts"
import { announceProgram } from "./running-program.ts"
import { type SourceWatch, watchSources } from "./source-watch.ts"

const usage = "archipel dev [MAIN] [--port N] [--data DIR] [--fresh] [--apart] [--fake NAMES]"
const program = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "run-program.ts" : "run-program.js", import.meta.url),
)

/** Requests under way get this long when a change restarts the program; several processes get as long as when they end. */
const RESTART_GRACE_MS = 1_000
/** And this long when it ends. */
const STOP_GRACE_MS = 10_000
/** As many as PostgreSQL is asked for; each service of the program takes its share. */
const MAX_CONNECTIONS = 200

/** `archipel dev`: the program, restarted after every change of its sources; the database stays up meanwhile. */
export const dev: Command = {
  name: "dev",
  usage,
  summary: "run it, and again after every change",
  help: `
Runs MAIN (main.ts) and runs it again whenever one of its source files changes. What is wrong with the sources is
said with file and line. PostgreSQL stays up between the runs; with DATABASE_URL another server is used.

  --port N    listen there (4000)
  --data DIR  keep the database and files there (.data)
  --fresh     delete that data first
  --apart     each service in a process of its own, behind the gateway
  --fake a,b  answer for these neighbours, which are not there, with made-up records from their contracts`,
  async run(args, terminal) {
    const options = {
      port: { type: "string" },
      data: { type: "string" },
      fresh: { type: "boolean" },
      apart: { type: "boolean" },
      fake: { type: "string" },
    } as const
    const given = readArguments(dev, args, options, { min: 0, max: 1 })
    const main = mainFile(given.positionals[0])
    const data = resolve(given.text("data") ?? ".data")
    // A free port is chosen once: the address stays the same through all restarts.
    const port = given.text("port") === "0" ? String(await freePort()) : given.text("port")
    if (given.has("fresh") && process.env["DATABASE_URL"])
      throw misuse(
        "--fresh deletes the database that comes along, and DATABASE_URL names another one.",
        "Empty that one by hand, or unset DATABASE_URL.",
      )
    if (given.has("fresh")) {
      await removeEmbeddedPostgres(join(data, "postgres"))
      rmSync(data, { recursive: true, force: true })
    }
    const isApart = given.has("apart")
    const pass = [...(port === undefined ? [] : ["--port", port]), "--data", data, ...(isApart ? ["--apart"] : [])]
    await using database = await developmentDatabase(data, terminal)
    const env = {
      // Most of a restart would be compiling what did not change.
      NODE_COMPILE_CACHE: join(data, "compile-cache"),
      ...process.env,
      ...(database.url === undefined ? {} : { DATABASE_URL: database.url }),
      ...(given.text("fake") === undefined ? {} : { ARCHIPEL_FAKE: given.text("fake") }),
    }
    return await superviseProgram(main, pass, env, isApart ? STOP_GRACE_MS : RESTART_GRACE_MS, terminal)
  },
}

/** The program's first file: the one named, or main.ts here. @throws Failure if there is none. */
export function mainFile(named: string | undefined): string {
  const path = resolve(named ?? "main.ts")
  if (existsSync(path)) return path
  throw new Failure(`There is no ${relative(process.cwd(), path)} here.`, {
    hint: named
      ? "Check the name."
      : "Change into the project's directory, name the file (archipel dev path/main.ts), or make a project: archipel new NAME.",
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(0, "localhost", () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

interface DevelopmentDatabase extends AsyncDisposable {
  /** Undefined where the environment names a server already. */
  readonly url: string | undefined
}

async function developmentDatabase(data: string, { err }: Terminal): Promise<DevelopmentDatabase> {
  if (process.env["DATABASE_URL"]) return { url: undefined, [Symbol.asyncDispose]: async () => {} }
  const server = await startEmbeddedPostgres({
    directory: join(data, "postgres"),
    maxConnections: MAX_CONNECTIONS,
    log: (line) => {
      // The rest is of no interest to who writes a service.
      if (line.startsWith("creating")) err.write(`${styled(err, "dim", line)}\n`)
    },
  })
  const url = server.url("postgres")
  const withdraw = announceProgram(data, url)
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      withdraw()
      await server.stop()
    },
  }
}

/** Runs until it is told to stop by a signal. @returns the exit code. */
async function superviseProgram(
  main: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  restartGraceMs: number,
  terminal: Terminal,
): Promise<number> {
  const { out, err } = terminal
  const say = (text: string): void => {
    out.write(`${styled(out, "dim", text)}\n`)
  }
  let child: ChildProcess | undefined
  let ending: Promise<void> | undefined
  let isStopping = false
  const stopped = Promise.withResolvers<number>()

  const launch = (changedFile?: string, since = performance.now()): void => {
    const started = spawn(process.execPath, [...process.execArgv, program, main, ...args], {
      env,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    })
    child = started
    started.on("message", (news: ProgramNews) => {
      if (news.files) watch.add(news.files)
      if (news.ready && changedFile !== undefined) {
        say(`${changedFile} changed: running again after ${((performance.now() - since) / 1000).toFixed(2)} s`)
      }
    })
    started.once("error", (error) => stopped.reject(error))
    started.once("exit", (code, signal) => {
      if (child !== started) return
      child = undefined
      if (isStopping || ending !== undefined) return
      const how =
        signal === null
          ? code === 0
            ? "The program ended."
            : "The program does not run."
          : `The program was ended by ${signal}.`
      err.write(`${styled(err, "yellow", how)} ${styled(err, "dim", "Waiting for a change …")}\n`)
    })
  }
  const restart = (file: string): void => {
    if (isStopping || ending !== undefined) return
    const since = performance.now()
    ending = end(child, restartGraceMs).then(() => {
      ending = undefined
      if (!isStopping) launch(relative(process.cwd(), file), since)
    })
  }
  const watch: SourceWatch = watchSources(restart)
  watch.add([main])
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    void Promise.resolve(ending)
      .then(() => end(child, STOP_GRACE_MS))
      .then(() => stopped.resolve(0))
  }
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const
  for (const signal of signals) process.on(signal, stop)
  try {
    launch()
    return await stopped.promise
  } finally {
    watch.close()
    for (const signal of signals) process.off(signal, stop)
  }
}

/** Asks the process to end, and ends it when it takes too long. */
async function end(child: ChildProcess | undefined, graceMs: number): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs)
  await gone
  clearTimeout(timer)
}
