import { humanName, type ResolvedModel, type Rights } from "@archipel/core"
import { commonHeaders, commonParameters, commonResponses, commonSchemas } from "./components.ts"
import { modelPaths } from "./operations.ts"
import { modelSchemas, ref, type Schema, type SchemaNames } from "./schemas.ts"
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

/**
 * The OpenAPI 3.1 document of one service or of several, cut to what these rights can see and do.
 *
 * @param rights Of one principal in each service.
 */
export function openapiDocument(rights: readonly Rights[]): object {
  const several = rights.length !== 1
  const all = new Map(rights.flatMap((each) => [...visibleModels(each)]))
  const names: SchemaNames = {
    of: (model: ResolvedModel) =>
      (several ? `${humanName(model.service)}${model.localName}` : model.localName).replaceAll(" ", ""),
    has: (model) => all.get(model.name)?.operations.has("read") === true,
  }
  const schemas: Record<string, Schema> = { ...commonSchemas }
  const paths: Record<string, unknown> = {}
  for (const { service, ...each } of rights.map((r) => ({ service: r.service.name, rights: r }))) {
    const prefix = several ? service : ""
    const tag = humanName(service)
    for (const visible of visibleModels(each.rights).values()) {
      Object.assign(schemas, modelSchemas(visible, names))
      Object.assign(paths, modelPaths(visible, { names, prefix, tag, models: all }))
    }
    if ([...visibleModels(each.rights).values()].some(takesFiles)) Object.assign(paths, uploadPath(service, prefix))
  }
  const title = several ? "All services" : humanName((rights[0] as Rights).service.name)
  return {
    openapi: "3.1.1",
    info: {
      title,
      version: "1.0.0",
      description:
        "Generated from the contracts, and cut to what your roles can see and do. Decimals and amounts are exact strings; instants are UTC (ISO 8601); errors are RFC 9457 problems with a stable `code`.",
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
    tags: rights.map((each) => ({ name: humanName(each.service.name) })),
    paths,
    components: {
      schemas,
      responses: commonResponses,
      parameters: commonParameters,
      headers: commonHeaders,
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  }
}
