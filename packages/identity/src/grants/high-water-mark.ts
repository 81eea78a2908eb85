/**
 * How far the database had come, kept outside of it: a database that is restored from a backup does not know what was revoked since,
 * but this does.
 *
 * @module
 */
import { randomUUID } from "node:crypto"
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Database } from "@archipel/data"

/** Counters of `archipel.identity_state`; none ever goes back. */
export interface Mark {
  readonly version: number
  readonly revocations: number
  readonly beat: number
}

const FILE = "identity-mark.json"
const names = ["version", "revocations", "beat"] as const

const state = `select json_build_object('version', version, 'revocations', revocations, 'beat', beat) from archipel.identity_state`

/** What the database says of itself. */
export const readState = async (database: Database): Promise<Mark> =>
  JSON.parse((await database.text({ text: state }, [], { deadlineMs: 3_000 })) ?? "null") as Mark

/** As `readState`, one beat later. */
export async function beat(database: Database): Promise<Mark> {
  const text = `update archipel.identity_state set beat = beat + 1
    returning json_build_object('version', version, 'revocations', revocations, 'beat', beat)`
  return JSON.parse((await database.text({ text }, [], { deadlineMs: 3_000 })) ?? "null") as Mark
}

export const isOlder = (database: Mark, mark: Mark): boolean => names.some((name) => database[name] < mark[name])

const max = (a: Mark, b: Mark): Mark => ({
  version: Math.max(a.version, b.version),
  revocations: Math.max(a.revocations, b.revocations),
  beat: Math.max(a.beat, b.beat),
})

/** @returns undefined where there is none, or none that can be read */
export async function readMark(dataDirectory: string): Promise<Mark | undefined> {
  try {
    const found = JSON.parse(await readFile(join(dataDirectory, FILE), "utf8")) as Partial<Mark>
    return names.every((name) => Number.isSafeInteger(found[name])) ? (found as Mark) : undefined
  } catch {
    return undefined
  }
}

/** Never lowers it: other processes on the same directory may have seen more. */
export async function raiseMark(dataDirectory: string, seen: Mark): Promise<void> {
  const before = await readMark(dataDirectory)
  const raised = before === undefined ? seen : max(before, seen)
  const path = join(dataDirectory, FILE)
  const draft = `${path}.${randomUUID()}`
  await mkdir(dataDirectory, { recursive: true })
  await writeFile(draft, `${JSON.stringify(raised)}\n`, { mode: 0o600 })
  await rename(draft, path)
}

/**
 * What has to happen to a database that is an older copy: whatever was revoked since the copy was made counts as valid in it, so every
 * session and refresh token ends, links work no more, and no key that may have signed since is trusted. Counters go beyond the mark.
 */
export async function distrust(database: Database, mark: Mark, now: Date): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query({ text: "select pg_advisory_xact_lock(4711004)" })
    // Another process may have done it meanwhile.
    if (!isOlder(JSON.parse((await tx.text({ text: state })) ?? "null") as Mark, mark)) return
    await tx.query({ text: "update sessions set ended_at = $1, version = version + 1 where ended_at is null" }, [now])
    await tx.query({ text: "delete from artifacts" })
    await tx.query({ text: "update links set used_at = $1, version = version + 1 where used_at is null" }, [now])
    await tx.query(
      {
        text: `update signing_keys set signs_until = least(signs_until, $1), published_until = $1, version = version + 1
               where published_until > $1`,
      },
      [now],
    )
    await tx.query(
      {
        text: `update archipel.identity_state set version = greatest(version, $1::bigint) + 1,
               revocations = greatest(revocations, $2::bigint) + 1, beat = greatest(beat, $3::bigint) + 1`,
      },
      [mark.version, mark.revocations, mark.beat],
    )
    await tx.query({ text: "select pg_notify('archipel_identity', 'all')" })
  })
}
