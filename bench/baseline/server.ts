/**
 * The limit: what a hand-written server can do for the five works, without rights, history, validation or logs.
 *
 * Reads `DATABASE_URL` (a server that trusts its clients) and `PORT`; stops on SIGTERM.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { PipelinedPool } from "./pipelined-pool.ts"
import { createOrder, listOrders, readOrder, totalsByStatus, updateOrder } from "./statements.ts"

interface NewOrder {
  readonly number: string
  readonly customer: number
  readonly note?: string
  readonly lines: readonly { readonly product: string; readonly quantity: number; readonly price: string }[]
}

interface OrderPatch {
  readonly version: number
  readonly note: string
}

/** Enough to keep both cores of PostgreSQL busy and to let commits share a flush; more only adds processes to switch between. */
const connections = Number(process.env["CONNECTIONS"] ?? 10)

const databaseUrl = new URL(process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres")
const pool = await PipelinedPool.open(connections, {
  host: databaseUrl.hostname,
  port: Number(databaseUrl.port),
  user: decodeURIComponent(databaseUrl.username),
  database: databaseUrl.pathname.slice(1),
  connectTimeoutMs: 10_000,
})

const collection = "/orders"

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error)
    send(response, 500, null)
  })
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? ""
  if (!url.startsWith(collection)) return send(response, 404, null)
  const rest = url.slice(collection.length)
  switch (request.method) {
    case "GET": {
      if (rest.startsWith("/")) {
        const found = await pool.value(readOrder, [rest.slice(1)])
        return send(response, found ? 200 : 404, found)
      }
      if (rest.startsWith("?status=")) return send(response, 200, await pool.value(listOrders, [rest.slice(8)]))
      if (rest.startsWith("?from=")) return send(response, 200, await pool.value(totalsByStatus, [rest.slice(6)]))
      return send(response, 404, null)
    }
    case "POST":
      return send(response, 201, await create((await readJson(request)) as NewOrder))
    case "PATCH": {
      const patch = (await readJson(request)) as OrderPatch
      const changed = await pool.value(updateOrder, [rest.slice(1), String(patch.version), patch.note])
      return send(response, changed ? 200 : 409, changed)
    }
    default:
      return send(response, 405, null)
  }
}

function create(order: NewOrder): Promise<Buffer | null> {
  return pool.value(createOrder, [
    order.number,
    String(order.customer),
    order.note ?? null,
    "1",
    "7",
    totalOf(order.lines),
    arrayLiteral(order.lines.map((line) => JSON.stringify(line.product))),
    arrayLiteral(order.lines.map((line) => line.quantity)),
    arrayLiteral(order.lines.map((line) => line.price)),
    null,
  ])
}

/** Exact, in cents: prices are decimal strings with two digits after the point. */
function totalOf(lines: NewOrder["lines"]): string {
  let cents = 0n
  for (const line of lines) cents += BigInt(line.quantity) * BigInt(line.price.replace(".", ""))
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`
}

/** A PostgreSQL array literal; a JSON string is a valid quoted element of one. */
function arrayLiteral(elements: readonly (string | number)[]): string {
  return `{${elements.join(",")}}`
}

function readJson(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let first: Buffer | null = null
    const more: Buffer[] = []
    request.on("data", (chunk: Buffer) => {
      if (first === null) first = chunk
      else more.push(chunk)
    })
    request.on("error", reject)
    request.on("end", () => {
      try {
        resolve(JSON.parse(String(more.length === 0 ? first : Buffer.concat([first as unknown as Buffer, ...more]))))
      } catch (error) {
        reject(error)
      }
    })
  })
}

function send(response: ServerResponse, status: number, body: Buffer | null): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": body?.length ?? 0 })
  response.end(body)
}

server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1")
process.once("SIGTERM", () => {
  server.close(() => pool.close())
  server.closeAllConnections()
})
