/**
 * What users feel while a service is killed, paused or restarted under load: the longest answer, and how long until all answers are whole
 * again.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import { table } from "../summary.ts"
import type { CompanyProgram } from "./program.ts"

export interface DrillRow {
  readonly drill: string
  readonly service: string
  readonly answers: number
  /** Answers that were marked as partial. */
  readonly partial: number
  /** Problems with status 503. */
  readonly refused: number
  /** Anything else that is no whole answer: there may be none. */
  readonly wrong: number
  readonly longestMs: number
  /** From the end of the disturbance to the first of ten whole answers in a row. */
  readonly recoveryMs: number
}

/** What is promised. */
export const RECOVERED_WITHIN_MS = 5_000
const DEADLINE_MS = 30_000
const READERS = 6
const PAUSE_MS = 3_000
const IN_A_ROW = 10

const path =
  "/api/sales/orders?select=number,total,customer.name,employee.name,lines.product.name&orderBy=number&limit=20"
const all = ["identity", "crm", "catalog", "people", "sales"] as const

type Kind = "whole" | "partial" | "refused" | "wrong"

type Disturbance = (company: CompanyProgram, service: string) => Promise<void>

const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
  for (const pid of pids) process.kill(pid, name)
}
const pause = async (pids: readonly number[]): Promise<void> => {
  signal(pids, "SIGSTOP")
  await delay(PAUSE_MS)
  signal(pids, "SIGCONT")
}

/** Of all processes of a service: others have to do without it. */
export const ofAll: Readonly<Record<string, Disturbance>> = {
  killed: async (company, service) => signal(company.pids(service), "SIGKILL"),
  paused: (company, service) => pause(company.pids(service)),
}

/** Of one of two replicas, or of one after the other: nobody has to do without anything. */
export const ofOne: Readonly<Record<string, Disturbance>> = {
  "one killed": async (company, service) => signal(company.pids(service).slice(0, 1), "SIGKILL"),
  "one paused": (company, service) => pause(company.pids(service).slice(0, 1)),
  async "restarted in turn"(company, service) {
    for (const pid of company.pids(service)) {
      const before = company.pids(service).length
      process.kill(pid, "SIGTERM")
      const deadline = performance.now() + DEADLINE_MS
      while (company.pids(service).includes(pid) || company.pids(service).length < before) {
        if (performance.now() > deadline) throw new Error(`No process of ${service} follows ${pid}.`)
        await delay(20)
      }
      await company.isServed(service)
    }
  },
}

export async function measureDrills(
  company: CompanyProgram,
  disturb: Readonly<Record<string, Disturbance>>,
  services: readonly string[] = all,
): Promise<DrillRow[]> {
  const whole = await ask(company.url)
  if (whole.kind !== "whole") throw new Error("The company does not answer whole to begin with.")
  const rows: DrillRow[] = []
  for (const [drill, begin] of Object.entries(disturb))
    for (const service of services) rows.push(await measureDrill(company, drill, service, begin))
  return rows
}

async function ask(url: string): Promise<{ readonly kind: Kind; readonly ms: number }> {
  const began = performance.now()
  let kind: Kind = "wrong"
  try {
    const answer = await fetch(url + path, {
      headers: { authorization: "Bearer dev:alice" },
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    const body = (await answer.json()) as { readonly data?: unknown[]; readonly partial?: unknown }
    if (answer.status === 503) kind = "refused"
    else if (answer.status === 200 && body.data?.length === 20) kind = body.partial === undefined ? "whole" : "partial"
  } catch {
    // No answer is a wrong one.
  }
  return { kind, ms: performance.now() - began }
}

async function measureDrill(
  company: CompanyProgram,
  drill: string,
  service: string,
  begin: Disturbance,
): Promise<DrillRow> {
  const counts = { whole: 0, partial: 0, refused: 0, wrong: 0 }
  let longestMs = 0
  let inARow = 0
  let wholeSince = 0
  let isOver = false
  const reader = async (): Promise<void> => {
    while (!isOver) {
      const { kind, ms } = await ask(company.url)
      counts[kind]++
      longestMs = Math.max(longestMs, ms)
      if (kind !== "whole") inARow = 0
      else if (inARow++ === 0) wholeSince = performance.now()
    }
  }
  const readers = Promise.all(Array.from({ length: READERS }, reader))
  await begin(company, service)
  const ended = performance.now()
  inARow = 0
  while (inARow < IN_A_ROW && performance.now() - ended < DEADLINE_MS) await delay(10)
  const recoveryMs = inARow < IN_A_ROW ? Number.POSITIVE_INFINITY : Math.max(0, wholeSince - ended)
  isOver = true
  await readers
  const { whole, partial, refused, wrong } = counts
  return { drill, service, answers: whole + partial + refused + wrong, partial, refused, wrong, longestMs, recoveryMs }
}

export const drillsTable = (rows: readonly DrillRow[]): string =>
  table(
    ["drill", "service", "answers", "partial", "503", "wrong", "longest ms", "whole again after ms"],
    rows.map((row) => [
      row.drill,
      row.service,
      String(row.answers),
      String(row.partial),
      String(row.refused),
      String(row.wrong),
      row.longestMs.toFixed(0),
      row.recoveryMs.toFixed(0),
    ]),
  )
