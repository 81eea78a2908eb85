/**
 * What people say of records and attach to them: rows of the framework beside the service's own, under the rights of the record.
 *
 * @module
 */
import {
  accessDenied,
  ArchipelError,
  type AuthorisedDiscussion,
  type Condition,
  type FileReference,
  isSystem,
  type Principal,
} from "@archipel/core"
import type { Database, Queryable } from "../postgres/database.ts"
import type { StopSignal } from "../postgres/stop-signal.ts"
import { holdingConditions } from "../read/holding-conditions.ts"
import { principalId } from "../sql/parameters.ts"
import { identifier } from "../sql/statement-builder.ts"
import type { Idempotency } from "../write/answers.ts"
import { claimKey, storeAnswer } from "../write/idempotency.ts"
import { newId } from "../write/new-id.ts"

/** Somebody's words about a record. */
export interface Comment {
  /** UUID v7: later ones are greater. */
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  /** The user; null for the system, and where it may not be known who changed the record. */
  readonly author: string | null
  readonly text: string
  /** Users who are addressed. */
  readonly mentions: readonly string[]
  /** "delete", if the caller may. */
  readonly _can: readonly string[]
}

/** A file that somebody attached to a record. */
export interface Attachment {
  readonly id: string
  readonly at: string
  readonly author: string | null
  readonly file: FileReference
  readonly _can: readonly string[]
}

export interface DiscussionPage<T> {
  /** Newest first. */
  readonly data: readonly T[]
  /** For `after`; null where nothing older is left. */
  readonly next: string | null
}

export interface DiscussionOptions {
  readonly traceId?: string
  readonly signal?: StopSignal
  readonly idempotency?: Idempotency
}

/** Where a page begins, and how long it is. */
export interface DiscussionRange {
  readonly after?: string
  readonly limit: number
}

/** Comments and attachments of records. All of it asks the record's rights, in the statement's transaction where it writes. */
export interface Discussions {
  comments(
    of: AuthorisedDiscussion,
    range: DiscussionRange,
    options?: DiscussionOptions,
  ): Promise<DiscussionPage<Comment>>
  comment(
    of: AuthorisedDiscussion,
    said: { readonly text: string; readonly mentions: readonly string[] },
    options?: DiscussionOptions,
  ): Promise<Comment>
  attachments(
    of: AuthorisedDiscussion,
    range: DiscussionRange,
    options?: DiscussionOptions,
  ): Promise<DiscussionPage<Attachment>>
  attach(of: AuthorisedDiscussion, file: FileReference, options?: DiscussionOptions): Promise<Attachment>
  /** @throws `record.not_found` if there is none, or the record may not be read */
  attachment(of: AuthorisedDiscussion, id: string, options?: DiscussionOptions): Promise<FileReference>
  /** @throws `record.not_found`, `access.denied` */
  remove(of: AuthorisedDiscussion, what: Kind, id: string, options?: DiscussionOptions): Promise<void>
}

type Kind = "comments" | "attachments"

/** What is told of a change, in the history: under a name that no field has, so that nobody is shown it there. */
const told = {
  comments: { added: "commented", removed: "uncommented", name: "$comment" },
  attachments: { added: "attached", removed: "detached", name: "$attachment" },
} as const

const columns: Readonly<Record<Kind, string>> = {
  comments: "'text', c.text, 'mentions', c.mentions",
  attachments: "'file', c.file",
}
const AT = `to_char(c.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const rowJson = (kind: Kind): string =>
  `json_build_object('id', c.id, 'at', ${AT}, 'author', c.author_id, ${columns[kind]})`

const notFound = ({ model, id }: AuthorisedDiscussion): ArchipelError<"record.not_found"> =>
  new ArchipelError("record.not_found", { model: model.name, id })

interface Judged {
  readonly moderates: boolean
  readonly names: boolean
  readonly me: string | null
}

/** The rows as they are stored: a record's comments or attachments without what the caller may do with them. */
type Stored<T> = Omit<T, "_can">

const shown = <T extends { readonly author: string | null }>(row: T, { moderates, names, me }: Judged) => {
  const isMine = me !== null && row.author === me
  const unnamed = names || isMine ? {} : { author: null, ...("mentions" in row ? { mentions: [] } : {}) }
  return { ...row, ...unnamed, _can: moderates || isMine ? ["delete"] : [] }
}

export interface DiscussionsOptions {
  readonly database: Database
  /** Throws while what rules look at has not come yet; the system has no rules. */
  readonly assertRulesHold: () => void
  readonly now?: () => Date
}

export function createDiscussions({
  database,
  assertRulesHold,
  now = () => new Date(),
}: DiscussionsOptions): Discussions {
  /** @throws `record.not_found`, `access.denied` */
  async function judge(of: AuthorisedDiscussion, on: Queryable, signal?: StopSignal): Promise<Judged> {
    const { model, id, principal, readable, allowed, moderates, names, operation } = of
    if (!isSystem(principal)) assertRulesHold()
    const conditions: readonly Condition[] = [...new Set([readable, allowed, moderates, names])]
    const asked = { model, id, conditions, principal, now: now().toISOString() }
    const holds = await holdingConditions(on, asked, signal ? { signal } : {})
    if (!holds?.(readable)) throw notFound(of)
    if (!holds(allowed)) throw accessDenied(model.name, operation)
    return { moderates: holds(moderates), names: holds(names), me: principalId(principal) }
  }

  async function page<T extends { readonly id: string; readonly author: string | null }>(
    kind: Kind,
    of: AuthorisedDiscussion,
    { after, limit }: DiscussionRange,
    { signal }: DiscussionOptions,
  ): Promise<DiscussionPage<T & { readonly _can: readonly string[] }>> {
    const judged = await judge(of, database, signal)
    const text = `select coalesce(json_agg(${rowJson(kind)} order by c.id desc), '[]')::text from (
  select * from archipel.${kind} where record_id = $1::uuid and model = $2${after === undefined ? "" : " and id < $4::uuid"}
  order by id desc limit $3::integer) c`
    const values = [of.id, of.model.name, limit + 1, ...(after === undefined ? [] : [after])]
    const rows = JSON.parse((await database.text({ text }, values, signal ? { signal } : {})) ?? "[]") as T[]
    const data = rows.slice(0, limit).map((row) => shown(row, judged))
    return { data, next: rows.length > limit ? (data.at(-1)?.id ?? null) : null }
  }

  /** Makes sure that the record stays for as long as the transaction does. @returns its version */
  async function keep(of: AuthorisedDiscussion, tx: Queryable): Promise<number> {
    const version = await tx.text(
      { text: `select version::text from ${identifier(of.model.table)} where id = $1::uuid for key share` },
      [of.id],
    )
    if (version === null) throw notFound(of)
    return Number(version)
  }

  async function tell(
    of: AuthorisedDiscussion,
    tx: Queryable,
    version: number,
    {
      operation,
      name,
      what,
      at,
      traceId,
    }: { operation: string; name: string; what: object; at: string; traceId: string | null },
  ): Promise<void> {
    const { model, id, principal } = of
    await tx.query(
      {
        text: `insert into archipel.history (at, model, record_id, version, operation, event, actor_kind, actor_id, trace_id, changes)
values ($1::timestamptz, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)`,
      },
      [
        at,
        model.name,
        id,
        version,
        operation,
        `$${operation}`,
        principal.kind,
        actorOf(principal),
        traceId,
        JSON.stringify({ [name]: what }),
      ],
    )
  }

  async function add<T extends { readonly author: string | null }>(
    kind: Kind,
    of: AuthorisedDiscussion,
    content: Readonly<Record<string, unknown>>,
    { traceId, signal, idempotency }: DiscussionOptions,
  ): Promise<T & { readonly _can: readonly string[] }> {
    return database.transaction(
      async (tx) => {
        const stored = idempotency && (await claimKey(tx, of.principal, idempotency))
        if (stored !== undefined) return JSON.parse(stored) as T & { readonly _can: readonly string[] }
        const version = await keep(of, tx)
        const judged = await judge(of, tx)
        const [id, at] = [newId(), now().toISOString()]
        const row = { id, at, author: judged.me, ...content }
        const names = Object.keys(content)
        await tx.query(
          {
            text: `insert into archipel.${kind} (id, at, model, record_id, author_id, ${names.join(", ")})
values ($1::uuid, $2::timestamptz, $3, $4::uuid, $5::uuid, ${names.map((_, i) => `$${i + 6}`).join(", ")})`,
          },
          [
            id,
            at,
            of.model.name,
            of.id,
            judged.me,
            ...Object.values(content).map((value) => (typeof value === "string" ? value : JSON.stringify(value))),
          ],
        )
        const { added, name } = told[kind]
        await tell(of, tx, version, { operation: added, name, what: { id, ...content }, at, traceId: traceId ?? null })
        const answer = shown(row as unknown as T, judged)
        if (idempotency) await storeAnswer(tx, of.principal, idempotency, JSON.stringify(answer))
        return answer
      },
      { retry: true, ...(signal ? { signal } : {}) },
    )
  }

  return {
    comments: (of, range, options = {}) => page<Stored<Comment>>("comments", of, range, options),
    comment: (of, { text, mentions }, options = {}) =>
      add<Stored<Comment>>("comments", of, { text, mentions }, options),
    attachments: (of, range, options = {}) => page<Stored<Attachment>>("attachments", of, range, options),
    attach: (of, file, options = {}) => add<Stored<Attachment>>("attachments", of, { file }, options),
    async attachment(of, id, { signal } = {}) {
      await judge(of, database, signal)
      const file = await database.text(
        {
          text: "select file::text from archipel.attachments where id = $1::uuid and record_id = $2::uuid and model = $3",
        },
        [id, of.id, of.model.name],
      )
      if (file === null) throw notFound(of)
      return JSON.parse(file) as FileReference
    },
    remove: (of, kind, id, { traceId, signal } = {}) =>
      database.transaction(
        async (tx) => {
          const version = await keep(of, tx)
          const { moderates, me } = await judge(of, tx)
          const found = await tx.text(
            {
              text: `select coalesce(author_id::text, '') from archipel.${kind} where id = $1::uuid and record_id = $2::uuid and model = $3 for update`,
            },
            [id, of.id, of.model.name],
          )
          if (found === null) throw notFound(of)
          if (!moderates && found !== me) throw accessDenied(of.model.name, "remove")
          await tx.query({ text: `delete from archipel.${kind} where id = $1::uuid` }, [id])
          const { removed, name } = told[kind]
          await tell(of, tx, version, {
            operation: removed,
            name,
            what: { id },
            at: now().toISOString(),
            traceId: traceId ?? null,
          })
        },
        { retry: true, ...(signal ? { signal } : {}) },
      ),
  }
}

const actorOf = (principal: Principal): string => principalId(principal) ?? principal.id
