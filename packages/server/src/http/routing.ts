import { ArchipelError, isUuid, type ResolvedModel } from "@archipel/core"
import { acceptJson } from "./accept.ts"
import { openapiOfAll, openapiOfService, type ProgramTarget } from "../openapi/handlers.ts"
import type { ServiceRuntime } from "../service-runtime.ts"
import {
  addAttachment,
  addComment,
  downloadAttachment,
  listAttachments,
  listComments,
  removeAttachment,
  removeComment,
} from "./discussing.ts"
import type {
  Exchange,
  ItemTarget,
  MemberTarget,
  Method,
  ModelTarget,
  Operation,
  Operations,
  RecordTarget,
  ServiceTarget,
} from "./exchange.ts"
import { explainModel, explainRecord } from "./explaining.ts"
import { exportByParams, exportByQuery } from "./exporting.ts"
import { importRecords } from "./importing.ts"
import { modelMetadata, serviceMetadata } from "./metadata.ts"
import { programMetadata } from "./program-metadata.ts"
import { getRecord, listRecords, postQuery, resolveTitles } from "./reading.ts"
import { readHistory } from "./record-history.ts"
import { idOf } from "./record-id.ts"
import type { Reply } from "./reply.ts"
import type { Rest } from "./rest.ts"
import { downloadFile, isDownload, uploadFile } from "./transfers.ts"
import { bulk, createRecord, deleteRecord, draft, hasVerb, invoke, updateRecord, upsertRecord } from "./writing.ts"

/** What an address is, before its method is looked at. */
export interface Found {
  /** The address with its variable parts in braces: one of finitely many, for metrics and logs. */
  readonly route: string
  readonly allowed: readonly string[]
  run(method: Method, exchange: Exchange): Promise<Reply>
}

/** By a table of operations: asked for with every request. */
const allowedMethods = new WeakMap<object, readonly string[]>()

function allowedIn(operations: object): readonly string[] {
  let allowed = allowedMethods.get(operations)
  if (!allowed) {
    const methods = Object.keys(operations)
    allowed = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"]
    allowedMethods.set(operations, allowed)
  }
  return allowed
}

/** @param otherTypes Whether what is answered here is not always JSON. */
function found<T>(route: string, operations: Operations<T>, target: T, otherTypes = false): Found {
  const allowed = allowedIn(operations)
  return {
    route,
    allowed,
    run(method, exchange) {
      const operation: Operation<T> | undefined = operations[method]
      if (operation === undefined) throw new ArchipelError("request.method_not_allowed", { allowed })
      if (!otherTypes) acceptJson(exchange.request)
      return operation(exchange, target)
    },
  }
}

const collection: Operations<ModelTarget> = { GET: listRecords, POST: createRecord }
const collectionVerbs: Readonly<Record<string, Operations<ModelTarget>>> = {
  $query: { POST: postQuery },
  $resolve: { POST: resolveTitles },
  $export: { GET: exportByParams, POST: exportByQuery },
  $ui: { GET: modelMetadata },
  $import: { POST: importRecords },
  $bulk: { POST: bulk },
  $draft: { POST: draft },
  $upsert: { PUT: upsertRecord },
  $explain: { POST: explainModel },
}
const record: Operations<RecordTarget> = { GET: getRecord, PATCH: updateRecord, DELETE: deleteRecord }
const recordVerb: Operations<MemberTarget> = { POST: invoke }
const recordField: Operations<MemberTarget> = { GET: downloadFile }
const recordVerbs: Readonly<Record<string, Operations<RecordTarget>>> = {
  $explain: { POST: explainRecord },
  $history: { GET: readHistory },
}
/** Where the model has a discussion. */
const discussionVerbs: Readonly<Record<string, Operations<RecordTarget>>> = {
  $comments: { GET: listComments, POST: addComment },
  $attachments: { GET: listAttachments, POST: addAttachment },
}
const discussionItems: Readonly<Record<string, Operations<ItemTarget>>> = {
  $comments: { DELETE: removeComment },
  $attachments: { GET: downloadAttachment, DELETE: removeAttachment },
}
const serviceVerbs: Readonly<Record<string, Operations<ServiceTarget>>> = {
  $ui: { GET: serviceMetadata },
  $files: { POST: uploadFile },
  "openapi.json": { GET: openapiOfService },
}

const program: Readonly<Record<string, Operations<ProgramTarget>>> = {
  "openapi.json": { GET: openapiOfAll },
  $ui: { GET: programMetadata },
}

interface Collection {
  readonly model: ResolvedModel
  readonly runtime: ServiceRuntime
  readonly route: string
  readonly record: string
}

/** Finds what a path under "/api/" names; undefined if nothing does. */
export type Router = (path: string) => Found | undefined

/**
 * All addresses of the services, looked up by name: `/api/{service}/{collection}`, then an id or a verb with a dollar sign.
 *
 * @param others Services that are described with these, though they are elsewhere.
 */
export function createRouter(services: ReadonlyMap<string, ServiceRuntime>, others?: Rest): Router {
  const known = new Map<string, ReadonlyMap<string, Collection>>()
  /** By their whole paths, since most requests are for them. */
  const whole = new Map<string, Found>()
  for (const [service, runtime] of services) {
    const collections = new Map<string, Collection>()
    for (const { model } of runtime.definition.models.values()) {
      const route = `/api/${service}/${model.collection}`
      const at = { model, runtime, route, record: `${route}/{id}` }
      collections.set(model.collection, at)
      whole.set(route, found(route, collection, at))
    }
    known.set(service, collections)
  }
  return (path) => {
    const listed = whole.get(path)
    if (listed !== undefined) return listed
    const [, , service = "", name = "", id, member, item, ...rest] = path.split("/", 8)
    if (name === "" && id === undefined && Object.hasOwn(program, service)) {
      return found(`/api/${service}`, program[service] as Operations<ProgramTarget>, { services, rest: others })
    }
    const collections = known.get(service)
    if (collections === undefined || rest.length > 0) return undefined
    const at = collections.get(name)
    if (at === undefined) {
      const own = id === undefined && Object.hasOwn(serviceVerbs, name) ? serviceVerbs[name] : undefined
      return own && found(`/api/${service}/${name}`, own, { runtime: services.get(service) as ServiceRuntime })
    }
    if (id === undefined) return undefined
    if (id.startsWith("$")) {
      const verb = Object.hasOwn(collectionVerbs, id) && member === undefined ? collectionVerbs[id] : undefined
      return verb && found(`${at.route}/${id}`, verb, at, id === "$export")
    }
    if (member === undefined) return recordAt(at, id)
    if (item !== undefined) return itemAt(at, id, member, item)
    if (member.startsWith("$")) {
      const verb = member.slice(1)
      const own = recordVerbOf(at.model, member)
      if (own) return found(`${at.record}/${member}`, own, { ...at, id: idOf(at.model, id) })
      if (!hasVerb(at.model, verb)) return undefined
      return found(`${at.record}/${member}`, recordVerb, { ...at, id: idOf(at.model, id), name: verb })
    }
    if (!isDownload({ model: at.model, name: member })) return undefined
    return found(`${at.record}/${member}`, recordField, { ...at, id: idOf(at.model, id), name: member }, true)
  }
}

function recordVerbOf(model: ResolvedModel, name: string): Operations<RecordTarget> | undefined {
  if (Object.hasOwn(recordVerbs, name)) return recordVerbs[name]
  return model.discussion && Object.hasOwn(discussionVerbs, name) ? discussionVerbs[name] : undefined
}

function itemAt(at: Collection, id: string, member: string, item: string): Found | undefined {
  const operations = at.model.discussion && Object.hasOwn(discussionItems, member) ? discussionItems[member] : undefined
  if (!operations || !isUuid(item)) return undefined
  const target = { ...at, id: idOf(at.model, id), item: item.toLowerCase() }
  return found(`${at.record}/${member}/{item}`, operations, target, true)
}

const recordAt = (at: Collection, id: string) =>
  found(at.record, record, { runtime: at.runtime, model: at.model, id: idOf(at.model, id) })
