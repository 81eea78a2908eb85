import type { Change } from "./change.ts"
import type { Db } from "./db.ts"
import type { Query } from "./query.ts"

/** What runs queries and changes for one principal: a service, all services of a program, or an open transaction. */
export interface Executor {
  query(query: Query): Promise<{ readonly data: string }>
  change(change: Change): Promise<{ readonly id: string; readonly output?: string }>
  /** Several changes of one service, in order, in one transaction: all or none. At most `changeLimits.bulk`. */
  bulk(changes: readonly Change[]): Promise<readonly { readonly id: string; readonly output?: string }[]>
  /** Of the named service; there is no transaction over several. */
  transaction<R>(service: string, run: (executor: Executor) => Promise<R>): Promise<R>
}

type Rows = Record<string, unknown>[]
type AnyQuery = Omit<Query, "model">

const outputOf = (output: string | undefined): object => (output === undefined ? {} : (JSON.parse(output) as object))

const creation = ({ id, ...values }: { readonly id?: unknown }): object =>
  id === undefined ? { operation: "create", values } : { operation: "create", id, values }

/** The typed way to records over anything that executes queries and changes. Adds nothing to the rights and takes nothing away. */
export function dbOver(executor: Executor): Db {
  const repository = (model: string) => {
    const read = async (query: AnyQuery): Promise<Rows> =>
      JSON.parse((await executor.query({ ...query, model })).data) as Rows
    const change = (parts: object) => executor.change({ ...parts, model } as Change)
    const bulk = async (parts: readonly object[]) =>
      parts.length === 0 ? [] : executor.bulk(parts.map((each) => ({ ...each, model }) as Change))
    const ofVersion = (options?: { readonly version?: number }) =>
      options?.version === undefined ? {} : { version: options.version }
    return {
      find: read,
      get: async (id: string, { select }: AnyQuery) =>
        (await read({ ...(select ? { select } : {}), where: { id }, limit: 1, archived: "any" }))[0] ?? null,
      count: async (where?: object) =>
        (await read({ aggregates: { count: "count" }, ...(where ? { where: where as never } : {}) }))[0]?.["count"] ??
        0,
      group: read,
      create: async (values: object) => ({ id: (await change(creation(values))).id }),
      createMany: async (many: readonly object[]) => (await bulk(many.map(creation))).map(({ id }) => ({ id })),
      update: async (id: string, values: object, options?: { readonly version?: number }) => {
        await change({ operation: "update", id, values, ...ofVersion(options) })
      },
      delete: async (id: string, options?: { readonly version?: number }) => {
        await change({ operation: "delete", id, ...ofVersion(options) })
      },
      upsert: async (values: object, { key }: { readonly key: readonly string[] }) => ({
        id: (await change({ operation: "upsert", values, key })).id,
      }),
      do: async (action: string, id: string, input?: object) => {
        const { output } = await change({ operation: "invoke", action, id, ...(input ? { input } : {}) })
        return outputOf(output)
      },
      doMany: async (action: string, ids: readonly string[], input?: object) => {
        const done = await bulk(ids.map((id) => ({ operation: "invoke", action, id, ...(input ? { input } : {}) })))
        return done.map(({ output }) => outputOf(output))
      },
    }
  }
  return Object.assign((name: string) => repository(name), {
    transaction: <R>(service: string, run: (db: Db) => Promise<R>) =>
      executor.transaction(service, (inner) => run(dbOver(inner))),
  }) as unknown as Db
}
