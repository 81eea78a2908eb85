/** What somebody writes who knows the service by its OpenAPI alone. Prints what came of it. */
import { client } from "./generated/client.gen.js"
import * as api from "./generated/index.js"

client.setConfig({ baseUrl: process.env["BASE_URL"] as string, auth: () => process.env["TOKEN"] as string })

function given<T>(answer: { data?: T; error?: unknown }): NonNullable<T> {
  if (answer.data === undefined || answer.data === null) throw new Error(JSON.stringify(answer.error))
  return answer.data as NonNullable<T>
}
const codeOf = (answer: { error?: unknown }) => (answer.error as api.Problem).code

const body: api.ProductCreate = { code: "GEN-1", name: "Generated", price: "12.50" }
const product = given(await api.createProduct({ body }))
const order = given(
  await api.createOrder({ body: { customer: "Acme", lines: [{ product: product.id, quantity: 2 }] } }),
)
const path = { id: order.id }
const list = given(await api.listOrders({ query: { customer: "Acme", select: ["number", "total"], limit: 5 } }))
const changed = given(
  await api.updateOrder({ path, body: { note: "by a generated client" }, headers: { "If-Match": '"1"' } }),
)
const stale = await api.updateOrder({ path, body: { note: "x" }, headers: { "If-Match": '"1"' } })
const confirmed = given(await api.confirmOrder({ path }))
const deleted = await api.deleteOrder({ path })
const gone = await api.getOrder({ path })
console.log(
  JSON.stringify({
    total: order.total,
    listed: list.data.length,
    note: changed.note,
    stale: codeOf(stale),
    status: confirmed.status,
    deleted: deleted.response?.status,
    gone: codeOf(gone),
  }),
)
