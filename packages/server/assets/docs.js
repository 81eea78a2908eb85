/** Shows the OpenAPI document of all services, as the chosen user's rights cut it. */
import { ask, element, problemNote } from "./session.js"

const menu = document.querySelector("#menu")
const main = document.querySelector("main")
const methods = ["get", "post", "put", "patch", "delete"]
const DEPTH = 4

/** What a `$ref` of the document points to. */
const resolver = (document) => {
  const resolve = (node) =>
    node?.$ref
      ? resolve(
          node.$ref
            .slice(2)
            .split("/")
            .reduce((at, name) => at?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], document),
        )
      : node
  return resolve
}

const nameOf = (schema) => schema?.$ref?.split("/").at(-1)

function typeText(schema) {
  if (schema === undefined) return "any"
  if (schema.$ref) return nameOf(schema)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  if (schema.anyOf) return schema.anyOf.map((each) => typeText(each)).join(" | ")
  if (schema.allOf) return schema.allOf.map((each) => typeText(each)).join(" & ")
  if (schema.type === "array") return `${typeText(schema.items)}[]`
  const type = [schema.type ?? "any"].flat().join(" | ")
  return schema.format ? `${type} (${schema.format})` : type
}

function members(schema, resolve, depth = 0) {
  const target = resolve(schema)
  const inner = target?.type === "array" ? resolve(target.items) : target
  if (!inner?.properties || depth >= DEPTH) return null
  const items = Object.entries(inner.properties).map(([name, member]) => {
    const text = member.description ?? ""
    const line = [
      element("code", {}, name),
      " ",
      element("span", { class: "type" }, typeText(member)),
      inner.required?.includes(name) ? element("span", { class: "must" }, " required") : null,
      text ? element("span", { class: "quiet" }, ` – ${text}`) : null,
    ]
    const opened = resolve(member)?.type === "array" ? members(member, resolve, depth + 1) : null
    return element("li", {}, ...line, opened)
  })
  return element("ul", { class: "members" }, ...items)
}

function parameterList(parameters, resolve) {
  const items = parameters.map((each) => {
    const parameter = resolve(each)
    return element(
      "li",
      {},
      element("code", {}, parameter.name),
      " ",
      element("span", { class: "type" }, typeText(parameter.schema)),
      element("span", { class: "quiet" }, ` ${parameter.in}`),
      parameter.required ? element("span", { class: "must" }, " required") : null,
      parameter.description ? element("span", { class: "quiet" }, ` – ${parameter.description}`) : null,
    )
  })
  return element("ul", { class: "members" }, ...items)
}

function curl(method, path, body) {
  const token = document.querySelector("#user")?.value ?? "$TOKEN"
  const lines = [
    `curl -g${method === "get" ? "" : ` -X ${method.toUpperCase()}`} '${location.origin}${path}'`,
    `-H 'Authorization: Bearer ${token}'`,
  ]
  if (body !== undefined)
    lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body, null, 2).replaceAll("'", "'\\''")}'`)
  return lines.join(" \\\n  ")
}

function operation(path, method, about, shared, resolve) {
  const filled = element("div")
  const details = element(
    "details",
    { class: "operation", id: about.operationId },
    element(
      "summary",
      {},
      element("span", { class: `method ${method}` }, method.toUpperCase()),
      element("code", {}, path),
      element("span", { class: "quiet" }, about.summary ?? ""),
    ),
    filled,
  )
  // Hundreds of operations: each is filled when it is opened.
  details.addEventListener(
    "toggle",
    () => {
      const parameters = [...shared, ...(about.parameters ?? [])]
      const body = about.requestBody && Object.entries(resolve(about.requestBody).content)[0]
      const schema = body?.[1].schema
      filled.append(
        ...[
          about.description ? element("p", {}, about.description) : null,
          parameters.length > 0 ? element("h4", {}, "Parameters") : null,
          parameters.length > 0 ? parameterList(parameters, resolve) : null,
          schema ? element("h4", {}, `Body: ${typeText(schema)}`) : null,
          schema ? members(schema, resolve) : null,
          element("h4", {}, "Answers"),
          ...Object.entries(about.responses).map(([status, each]) => {
            const answer = resolve(each)
            const answered = Object.values(answer.content ?? {})[0]?.schema
            return element(
              "div",
              {},
              element("code", {}, status),
              ` ${answer.description} `,
              answered ? element("span", { class: "type" }, typeText(answered)) : null,
              Number(status) < 300 && answered ? members(answered, resolve) : null,
            )
          }),
          element("h4", {}, "Example"),
          element("pre", {}, element("code", {}, curl(method, path, body?.[1].example))),
        ].filter((each) => each !== null),
      )
    },
    { once: true },
  )
  return details
}

async function start() {
  const document = await ask("/api/openapi.json")
  const resolve = resolver(document)
  const groups = Map.groupBy(Object.entries(document.paths), ([path]) => path.split("/").slice(2, 4).join("/"))
  const services = Map.groupBy(groups.keys(), (group) => group.split("/")[0])
  menu.replaceChildren(
    ...[...services].flatMap(([service, names]) => [
      element("h2", {}, service),
      ...names.map((name) => element("a", { href: `#${name}` }, name.split("/")[1])),
      element(
        "a",
        { href: `/api/${service}/openapi.json`, class: "sub", onclick: (event) => download(event, service) },
        "openapi.json",
      ),
    ]),
  )
  main.replaceChildren(
    element("h1", {}, "API reference"),
    element("p", { class: "quiet" }, document.info.description),
    ...[...groups].map(([group, paths]) =>
      element(
        "section",
        { id: group },
        element("h2", {}, group),
        ...paths.flatMap(([path, item]) =>
          methods
            .filter((method) => item[method])
            .map((method) => operation(path, method, item[method], item.parameters ?? [], resolve)),
        ),
      ),
    ),
  )
}

/** A link alone would ask without a token. */
async function download(event, service) {
  event.preventDefault()
  const text = JSON.stringify(await ask(`/api/${service}/openapi.json`), null, 2)
  const link = element("a", {
    href: URL.createObjectURL(new Blob([text], { type: "application/json" })),
    download: `${service}.openapi.json`,
  })
  link.click()
  URL.revokeObjectURL(link.href)
}

start().catch((error) => main.replaceChildren(problemNote(error)))
