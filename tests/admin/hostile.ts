/**
 * Texts that a page must show and never run: one of each kind in every text field of some records.
 *
 * @module
 */
import type { Page } from "playwright-core"
import { type Ask, type Answer } from "../support/asking.ts"
import { created } from "../support/company.ts"

const act = "globalThis.hit=1"

/** Elements among them carry `data-hostile`, so that one that came about is found. */
export const hostileTexts: readonly string[] = [
  `<script data-hostile>${act}</script>`,
  `<img data-hostile src=x onerror="${act}">`,
  `"><svg data-hostile onload=${act}>`,
  `'><details data-hostile open ontoggle=${act}>`,
  `</title></textarea></style><script data-hostile>${act}</script>`,
  `<iframe data-hostile srcdoc="<script>parent.hit=1</script>"></iframe>`,
  `<a data-hostile href="javascript:${act}">open</a>`,
  `javascript:${act}//<!--`,
  `<style data-hostile>*{display:none!important}</style>`,
  `<form data-hostile action=javascript:${act}><button>Go</button></form>`,
  `&lt;img data-hostile src=x onerror=${act}&gt;`,
  `{{constructor.constructor('${act}')()}} \${${act}}`,
  `<math><mtext><style><img data-hostile src=x onerror=${act}></style></mtext></math>`,
  `=HYPERLINK("javascript:${act}")`,
]

const done = ({ status, text }: Answer): void => {
  if (status >= 300) throw new Error(`${status} ${text}`)
}

export interface HostileRecords {
  /** What is in all of them. */
  readonly text: string
  readonly customer: string
  readonly order: string
  readonly group: string
}

/** Records with a hostile text in each of their texts, one for each text. @returns those of the n-th */
export async function seedHostile(ask: Ask, n: number): Promise<HostileRecords> {
  const made: HostileRecords[] = []
  for (const text of hostileTexts) {
    const add = (path: string, body: object) => created(ask, path, body)
    const customer = await add("/api/crm/customers", {
      ...Object.fromEntries(
        ["name", "contactName", "contactTitle", "address", "city", "region", "notes"].map((name) => [name, text]),
      ),
      contacts: [{ name: text, jobTitle: text }],
    })
    const category = await add("/api/catalog/categories", { name: text, description: text })
    const product = await add("/api/catalog/products", {
      name: text,
      category: category.id,
      price: "1.00",
      cost: "1.00",
      stock: 1,
    })
    const ship = Object.fromEntries(
      ["Name", "Address", "City", "Region", "Country"].map((part) => [`ship${part}`, text]),
    )
    const order = await add("/api/sales/orders", {
      customer: customer.id,
      ...ship,
      reference: text,
      note: text,
      lines: [{ product: product.id, quantity: 1 }],
    })
    const group = await add("/api/identity/groups", { name: text, description: text })
    const path = `/api/sales/orders/${order.id}`
    done(await ask(path, { method: "PATCH", body: { reference: `${text} again`, note: `${text} again` } }))
    done(await ask(`${path}/$comments`, { body: { text } }))
    const file = await ask(`/api/sales/$files?name=${encodeURIComponent(text)}`, {
      body: "content",
      headers: { "content-type": "text/html" },
    })
    done(file)
    done(await ask(`${path}/$attachments`, { body: { file: { id: file.json.data?.id ?? file.json.id } } }))
    made.push({ text, customer: customer.id, order: order.id, group: group.id })
  }
  return made[n % made.length] as HostileRecords
}

/** What of the texts was run or became an element. */
export const ran = (page: Page): Promise<readonly string[]> =>
  page.evaluate<readonly string[]>(`[
    ...(globalThis.hit === undefined ? [] : ["A script ran."]),
    ...[...document.querySelectorAll("[data-hostile], a[href^='javascript:']")].map((element) => element.outerHTML),
  ]`)
