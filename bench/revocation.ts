/**
 * How long somebody is let in after it was decided that they are not: from sending the change to the first refusal, asked for without
 * a pause, in the process that changed it and in another one on the same databases.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { systemPrincipal } from "@archipel/core"
import { identityService } from "@archipel/identity"
import { createLog, open, type Program } from "@archipel/server"
import type { DatabaseServer } from "./database-server.ts"
import { median } from "./statistics.ts"
import { table } from "./summary.ts"

export interface RevocationRow {
  readonly what: string
  readonly medianMs: number
  readonly worstMs: number
  /** Of rounds in which the refusal did not come within the deadline. */
  readonly failures: number
}

/** What is promised. */
export const REFUSED_WITHIN_MS = 1_000
const DEADLINE_MS = 10_000

export async function measureRevocation(rounds: number, server: DatabaseServer): Promise<RevocationRow[]> {
  const database = "revocation"
  await server.create(database)
  await using resources = new AsyncDisposableStack()
  const dataDirectory = await mkdtemp(join(tmpdir(), "archipel-bench-"))
  resources.defer(() => rm(dataDirectory, { recursive: true, force: true }))
  const begin = async () =>
    resources.use(
      await open([identityService()], {
        port: 0,
        host: "127.0.0.1",
        dataDirectory,
        env: { DATABASE_URL_IDENTITY: server.url(database), ARCHIPEL_URL: "http://bench.test" },
        log: createLog({ level: "silent" }),
      }),
    )
  const own = await begin()
  const other = await begin()
  const rows: RevocationRow[] = []
  for (const change of [withdrawRole, disableUser]) {
    for (const asked of [own, other]) {
      const times: number[] = []
      for (let round = 0; round < rounds; round++) times.push(await change.measure(own, asked, round))
      const known = times.filter((ms) => Number.isFinite(ms))
      rows.push({
        what: `${change.what}, ${asked === own ? "same" : "other"} process`,
        medianMs: median(known),
        worstMs: Math.max(...known),
        failures: times.length - known.length,
      })
    }
  }
  return rows
}

async function member(program: Program, name: string) {
  const db = program.open.as(systemPrincipal("bench"))
  const user = await db("identity.User").create({ name, email: `${name}@example.com` })
  const group = await db("identity.Group").create({
    name,
    members: [user.id],
    assignments: [{ role: "identity.reader" }],
  })
  return { db, user: user.id, group: group.id }
}

async function untilRefused(program: Program, user: string, change: () => Promise<unknown>): Promise<number> {
  const ask = async () => {
    const answer = await fetch(`${program.url}/api/identity/service-accounts?limit=1`, {
      headers: { authorization: `Bearer dev:${user}` },
    })
    await answer.arrayBuffer()
    return answer.status
  }
  if ((await ask()) !== 200) throw new Error("The member is not let in to begin with.")
  const began = performance.now()
  const changed = change()
  for (;;) {
    const status = await ask()
    const ms = performance.now() - began
    if (status === 401 || status === 403 || ms > DEADLINE_MS) {
      await changed
      return ms > DEADLINE_MS ? Number.POSITIVE_INFINITY : ms
    }
  }
}

let made = 0

const withdrawRole = {
  what: "role withdrawn",
  async measure(own: Program, asked: Program, round: number): Promise<number> {
    const { db, user, group } = await member(own, `role-${round}-${made++}`)
    return untilRefused(asked, user, () => db("identity.Group").update(group, { members: [] }))
  },
}

const disableUser = {
  what: "user disabled",
  async measure(own: Program, asked: Program, round: number): Promise<number> {
    const { db, user } = await member(own, `user-${round}-${made++}`)
    return untilRefused(asked, user, () => db("identity.User").update(user, { active: false }))
  },
}

export const revocationTable = (rows: readonly RevocationRow[]): string =>
  table(
    ["change", "median ms", "worst ms", "not in time"],
    rows.map(({ what, medianMs, worstMs, failures }) => [
      what,
      medianMs.toFixed(1),
      worstMs.toFixed(1),
      String(failures),
    ]),
  )
