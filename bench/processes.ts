/**
 * What the processes of a server have used so far, from Linux' /proc (proc(5)).
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs"

/** Linux reports CPU time in hundredths of a second to user space on every architecture. */
const microsecondsPerTick = 10_000

export interface Usage {
  /** User and system time since the start, with that of children that have ended. */
  readonly cpuUs: number
  /** Resident memory; pages shared between the processes are counted once for each. */
  readonly residentBytes: number
}

interface ProcessLine {
  readonly parent: number
  readonly cpuTicks: number
}

/** The usage of a process and all its descendants. */
export function usageOf(pid: number): Usage {
  const processes = new Map<number, ProcessLine>()
  for (const entry of readdirSync("/proc")) {
    const id = Number(entry)
    const line = Number.isInteger(id) ? readProcess(id) : null
    if (line) processes.set(id, line)
  }
  const family = new Set([pid])
  // A child may have a lower id than its parent once ids have wrapped around, so one pass is not enough.
  for (let size = 0; size !== family.size; ) {
    size = family.size
    for (const [id, { parent }] of processes) if (family.has(parent)) family.add(id)
  }
  let cpuTicks = 0
  let residentBytes = 0
  for (const id of family) {
    cpuTicks += processes.get(id)?.cpuTicks ?? 0
    residentBytes += residentBytesOf(id)
  }
  return { cpuUs: cpuTicks * microsecondsPerTick, residentBytes }
}

function readProcess(id: number): ProcessLine | null {
  const stat = readOrNull(`/proc/${id}/stat`)
  if (stat === null) return null
  // The second field is the program's name in parentheses and may contain anything; those after it are numbers.
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number)
  const [utime = 0, stime = 0, childrenUtime = 0, childrenStime = 0] = fields.slice(11, 15)
  return { parent: fields[1] ?? 0, cpuTicks: utime + stime + childrenUtime + childrenStime }
}

function residentBytesOf(id: number): number {
  const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readOrNull(`/proc/${id}/status`) ?? "")?.[1]
  return Number(kibibytes ?? 0) * 1024
}

/** Null when the process has ended meanwhile. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "latin1")
  } catch {
    return null
  }
}
