/** A service crm on an island of its own, with a database, for whom sales may ask. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contract, logic, model, text } from "@archipel/core"
import { testDatabase } from "../../../../tests/support/database.ts"
import { type Island, openIsland } from "../../src/apart/island.ts"
import { addressesFromText } from "../../src/between/addresses.ts"
import { noLog } from "../../src/log.ts"
import { service } from "../../src/service.ts"
import { credentialsOf } from "./fleet.ts"

contract("crm", { roles: ["user"], models: { Customer: model({ name: text() }) } })
/** Of a contract that is this file's alone, and no program's. */
const untyped = { logic, service } as unknown as {
  logic(model: string): { grant(role: string, operations: readonly string[], rows: "all"): unknown }
  service(name: string, options: { readonly logic: readonly unknown[] }): Parameters<typeof openIsland>[0]["service"]
}

export interface CrmIsland extends AsyncDisposable {
  readonly island: Island
  readonly databaseUrl: string
}

export async function crmIsland(): Promise<CrmIsland> {
  const stack = new AsyncDisposableStack()
  const { url } = stack.use(await testDatabase("rpc_island"))
  const directory = await mkdtemp(join(tmpdir(), "archipel-rpc-island-"))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const rights = untyped.logic("crm.Customer").grant("crm.user", ["read", "create", "update", "delete"], "all")
  const crm = untyped.service("crm", { logic: [rights] })
  const island = stack.use(
    await openIsland({
      service: crm,
      program: [crm],
      credentials: await credentialsOf("crm"),
      addresses: addressesFromText("sales=127.0.0.1:1"),
      listen: { host: "127.0.0.1", port: 0 },
      url: "http://company.example",
      mayCall: (caller) => caller === "sales",
      dataDirectory: directory,
      env: { DATABASE_URL_CRM: url },
      log: noLog,
    }),
  )
  return { island, databaseUrl: url, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
