import { discussionRights, humanName, type ResolvedModel, type Rights } from "@archipel/core"
import { commonHeaders, commonParameters, commonResponses, commonSchemas } from "./components.ts"
import { type Describing, modelPaths } from "./operations.ts"
import { modelSchemas, ref, type Schema, type SchemaNames, unknownRecord } from "./schemas.ts"
import { type VisibleModel, visibleModels } from "./visible-model.ts"

const takesFiles = (visible: VisibleModel) =>
  visible.columns.some(
    ({ member, creatable, updatable }) =>
      member.kind === "field" && (member.type === "file" || member.type === "image") && (creatable || updatable),
  )

function uploadPath(service: string, prefix: string): Readonly<Record<string, unknown>> {
  return {
    [`/api/${service}/$files`]: {
      post: {
        operationId: prefix === "" ? "uploadFile" : `${prefix}UploadFile`,
        tags: [humanName(service)],
        summary: "Upload a file",
        description: "Answers the reference that `file` and `image` fields take.",
        parameters: [{ name: "name", in: "query", schema: { type: "string", maxLength: 255 } }],
        requestBody: { required: true, content: { "application/octet-stream": {} } },
        responses: {
          201: { description: "It is stored.", content: { "application/json": { schema: ref("FileReference") } } },
          401: { $ref: "#/components/responses/Unauthorized" },
          403: { $ref: "#/components/responses/Forbidden" },
        },
      },
    },
  }
}

/** What one service adds to a document. */
export interface OpenapiPart {
  readonly tag: string
  readonly schemas: Readonly<Record<string, Schema>>
  readonly paths: Readonly<Record<string, unknown>>
}

/** Marks a reference to another service's records, of which it is not known whether the document describes them. */
export const ELSEWHERE = "x-elsewhere"

const nameAmongAll = (model: ResolvedModel): string =>
  `${humanName(model.service)}${model.localName}`.replaceAll(" ", "")

function partOf(
  rights: Rights,
  { names, prefix, models }: Pick<Describing, "names" | "prefix" | "models">,
): OpenapiPart {
  const schemas: Record<string, Schema> = {}
  const paths: Record<string, unknown> = {}
  const service = rights.service.name
  const tag = humanName(service)
  const visible = [...visibleModels(rights).values()]
  for (const each of visible) {
    Object.assign(schemas, modelSchemas(each, names))
    Object.assign(paths, modelPaths(each, { names, prefix, tag, models, rights }))
  }
  if (visible.some((each) => takesFiles(each) || discussionRights(rights, each.model)?.attach))
    Object.assign(paths, uploadPath(service, prefix))
  return { tag, schemas, paths }
}

/** A document of several services from the parts of each, or of one by its title. */
export const togetherOf = (parts: readonly OpenapiPart[], title = "All services"): object => ({
  openapi: "3.1.1",
  info: {
    title,
    version: "1.0.0",
    description:
      "Generated from the contracts, and cut to what your roles can see and do. Decimals and amounts are exact strings; instants are UTC (ISO 8601); errors are RFC 9457 problems with a stable `code`.",
  },
  servers: [{ url: "/" }],
  security: [{ bearer: [] }],
  tags: parts.map(({ tag }) => ({ name: tag })),
  paths: Object.assign({}, ...parts.map(({ paths }) => paths)) as object,
  components: {
    schemas: Object.assign({}, commonSchemas, ...parts.map(({ schemas }) => schemas)) as object,
    responses: commonResponses,
    parameters: commonParameters,
    headers: commonHeaders,
    securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
  },
})

/**
 * The OpenAPI 3.1 document of one service or of several, cut to what these rights can see and do.
 *
 * @param rights Of one principal in each service.
 */
export function openapiDocument(rights: readonly Rights[]): object {
  const several = rights.length !== 1
  const models = new Map(rights.flatMap((each) => [...visibleModels(each)]))
  const names: SchemaNames = {
    of: (model) => (several ? nameAmongAll(model) : model.localName.replaceAll(" ", "")),
    nestedOf(model) {
      const isThere = models.get(model.name)?.operations.has("read") === true
      return isThere ? ref(names.of(model)) : unknownRecord(model.name)
    },
  }
  const parts = rights.map((each) => partOf(each, { names, prefix: several ? each.service.name : "", models }))
  return several ? togetherOf(parts) : togetherOf(parts, parts[0]?.tag)
}

/** What a service adds to the document of all, when it does not know what a principal may see of the others. */
export function openapiPart(rights: Rights): OpenapiPart {
  const models = visibleModels(rights)
  const names: SchemaNames = {
    of: nameAmongAll,
    nestedOf(model) {
      if (model.service !== rights.service.name) return { ...ref(names.of(model)), [ELSEWHERE]: model.name }
      return models.get(model.name)?.operations.has("read") ? ref(names.of(model)) : unknownRecord(model.name)
    },
  }
  return partOf(rights, { names, prefix: rights.service.name, models })
}
