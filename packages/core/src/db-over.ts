import type { Change } from "./change.ts"
import type { Db } from "./db.ts"
import type { Query } from "./query.ts"

/** What runs queries and changes for one principal: a service, all services of a program, or an open transaction. */
export interface Executor {
  query(query: Query): Promise<{ readonly data: string }>
  change(change: Change): Promise<{ readonly id: string; readonly output?: string }>
  /** Of the named service; there is no transaction over several. */
  transaction<R>(service: string, run: (executor: Executor) => Promise<R>): Promise<R>
}

type Rows = Record<string, unknown>[]
type AnyQuery = Omit<Query, "model">

/** The typed way to records over anything that executes queries and changes. Adds nothing to the rights and takes nothing away. */
export function dbOver(executor: Executor): Db {
  const repository = (model: string) => {
    const read = async (query: AnyQuery): Promise<Rows> =>
      JSON.parse((await executor.query({ ...query, model })).data) as Rows
    const change = (parts: object) => executor.change({ ...parts, model } as Change)
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
      create: async (values: object) => ({ id: (await change({ operation: "create", values })).id }),
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
        return output === undefined ? {} : (JSON.parse(output) as object)
      },
    }
  }
  return Object.assign((name: string) => repository(name), {
    transaction: <R>(service: string, run: (db: Db) => Promise<R>) =>
      executor.transaction(service, (inner) => run(dbOver(inner))),
  }) as unknown as Db
}
