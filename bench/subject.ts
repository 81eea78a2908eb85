/**
 * What is measured: a server program with its own database.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import type { DatabaseServer } from "./database-server.ts"
import type { WorkName } from "./works.ts"

export interface Subject {
  /** Also part of its databases' names. */
  readonly name: string
  /** Its file in wrk/, without the ending; its name when left out. */
  readonly language?: string
  /** Fills a new database with the data of every round. */
  seed(server: DatabaseServer, database: string): Promise<void>
  /** Arguments of `node`. */
  readonly program: readonly string[]
  /** Besides PORT. */
  environment(server: DatabaseServer, database: string): Readonly<Record<string, string>>
  /** Answers with a status below 300 as soon as the server is ready. */
  readonly readyPath: string
  /** Sent with every request, where the subject asks who calls. */
  readonly token?: string
  /** Does one work once and looks at the answer, so that no work is measured that is not done. */
  check(work: WorkName, call: Call): Promise<void>
}

/** One request; a body makes it JSON. Gives the parsed answer. @throws for a status from 300. */
export type Call = (method: string, path: string, body?: unknown) => Promise<unknown>

export interface RunningSubject extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  readonly call: Call
}

const startDeadlineMs = 30_000
const stopDeadlineMs = 10_000
const callDeadlineMs = 10_000

export async function startSubject(
  subject: Subject,
  server: DatabaseServer,
  database: string,
): Promise<RunningSubject> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, subject.program, {
    env: { ...process.env, ...subject.environment(server, database), PORT: String(port) },
    // A server's logs are part of what it costs; where they go is not.
    stdio: ["ignore", "ignore", "pipe"],
  })
  const words: string[] = []
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words.push(text)
    if (words.length > 50) words.shift()
  })
  const call = caller(url, subject.token)
  const deadline = Date.now() + startDeadlineMs
  for (;;) {
    try {
      await call("GET", subject.readyPath)
      break
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await stop(child)
        throw new Error(`${subject.name} did not start: ${String(error)}\n${words.join("")}`)
      }
      await sleep(50)
    }
  }
  return { url, pid: child.pid as number, call, [Symbol.asyncDispose]: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGTERM")
  const deadline = setTimeout(() => child.kill("SIGKILL"), stopDeadlineMs)
  await ended
  clearTimeout(deadline)
}

function caller(url: string, token: string | undefined): Call {
  return async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(callDeadlineMs),
    })
    const text = await response.text()
    if (response.status >= 300) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return text === "" ? null : JSON.parse(text)
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, "close")
  return port
}
