/**
 * Load from `wrk`, 50 connections unless said otherwise.
 *
 * @module
 */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"

export interface LoadResult {
  readonly requests: number
  readonly durationUs: number
  readonly p50Us: number
  readonly p95Us: number
  readonly p99Us: number
  /** Answers with a status of 400 or more. */
  readonly refused: number
  /** Connections that failed, broke or timed out. */
  readonly broken: number
}

export interface Load {
  readonly url: string
  /** A file of wrk/ and its arguments. */
  readonly script: readonly string[]
  readonly seconds: number
  readonly connections?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** How much longer than its seconds wrk may take to connect and to report. */
const graceMs = 30_000

/** @throws when wrk is missing, fails or does not end in time. */
export async function applyLoad({
  url,
  script,
  seconds,
  connections = 50,
  environment = {},
}: Load): Promise<LoadResult> {
  const [file = "", ...scriptArguments] = script
  const options = [
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--timeout",
    "10s",
    "-s",
    file,
    url,
    "--",
    ...scriptArguments,
  ]
  const wrk = spawn("wrk", options, {
    cwd: join(import.meta.dirname, "wrk"),
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: seconds * 1000 + graceMs,
  })
  let output = ""
  wrk.stdout.setEncoding("utf8").on("data", (text: string) => (output += text))
  wrk.stderr.setEncoding("utf8").on("data", (text: string) => (output += text))
  const [code] = (await once(wrk, "close")) as [number | null]
  const report = output.split("\n").find((line) => line.startsWith('{"requests"'))
  if (code !== 0 || report === undefined) throw new Error(`wrk ended with ${code}:\n${output}`)
  return JSON.parse(report) as LoadResult
}

/** Whether `wrk` is installed. */
export async function hasWrk(): Promise<boolean> {
  const probe = spawn("wrk", ["--version"], { stdio: "ignore" })
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false))
    probe.once("close", () => resolve(true))
  })
}
