/**
 * Fills the company's four services from a dump of the Northwind trading company (14 tables), through the same API that
 * everybody uses: old keys are kept as `externalId`, orders are created as drafts and reach their state by its transitions.
 *
 * @module
 */
import type { Create, Db, Id, Repository } from "@archipel/core"
import "@company/sales"
import { eachConcurrently } from "../each-concurrently.ts"
import { countryCodes } from "./country-codes.ts"
import { float4ToDecimal } from "./float4.ts"
import { type DumpRow, readDump } from "./sql-dump.ts"

/** New ids by old keys. */
type Ids<N extends string> = ReadonlyMap<string, Id<N>>
type Dump = ReadonlyMap<string, readonly DumpRow[]>

export interface Loaded {
  readonly customers: number
  readonly products: number
  readonly employees: number
  readonly orders: number
  readonly lines: number
  readonly shipped: number
}

/**
 * Loads the whole dump into empty databases; loading twice is refused as duplicate (`record.duplicate`).
 *
 * @param db With the rights of the system, over all four services.
 */
export async function loadNorthwind(db: Db, dumpText: string): Promise<Loaded> {
  const dump = readDump(dumpText)
  const [customers, products, employees, shippers] = await Promise.all([
    loadCustomers(db, dump),
    loadProducts(db, dump),
    loadEmployees(db, dump),
    loadShippers(db, dump),
  ])
  const orders = await loadOrders(db, dump, { customers, products, employees, shippers })
  return { customers: customers.size, products: products.size, employees: employees.size, ...orders }
}

const rowsOf = (dump: Dump, table: string): readonly DumpRow[] => {
  const rows = dump.get(table)
  if (!rows) throw new Error(`The dump has no table ${table}.`)
  return rows
}
const given = (row: DumpRow, column: string): string => {
  const value = row[column]
  if (value == null) throw new Error(`A row has no ${column}: ${JSON.stringify(row).slice(0, 100)}`)
  return value
}
const perhaps = (row: DumpRow, column: string): string | null => row[column] ?? null
const found = <N extends string>(ids: Ids<N>, row: DumpRow, column: string): Id<N> => {
  const id = ids.get(given(row, column))
  if (id === undefined) throw new Error(`${column} ${row[column]} is the key of no row.`)
  return id
}
const oneOrNull = <N extends string>(ids: Ids<N>, row: DumpRow, column: string): Id<N> | null =>
  row[column] == null ? null : found(ids, row, column)

/** Where somebody lives or is reached: the columns that customers, suppliers and employees share. */
const place = (row: DumpRow) => ({
  // The dump writes a line break of an address as backslash and n.
  address: perhaps(row, "address")?.replaceAll("\\n", "\n") ?? null,
  city: perhaps(row, "city"),
  region: perhaps(row, "region"),
  postalCode: perhaps(row, "postal_code"),
})
const business = (row: DumpRow) => ({
  ...place(row),
  name: given(row, "company_name"),
  contactName: perhaps(row, "contact_name"),
  contactTitle: perhaps(row, "contact_title"),
  phone: perhaps(row, "phone"),
  fax: perhaps(row, "fax"),
})

/** Records of one transaction: few enough that it ends soon. */
const perTransaction = 100

/** Creates a record for each row, in their order, and answers the new ids by the old keys, which become `externalId`. */
async function createAll<N extends string>(
  repository: Pick<Repository<N>, "createMany">,
  rows: readonly DumpRow[],
  key: string,
  valuesOf: (row: DumpRow, externalId: string) => Create<N>,
): Promise<Ids<N>> {
  const ids = new Map<string, Id<N>>()
  for (let from = 0; from < rows.length; from += perTransaction) {
    const keys = rows.slice(from, from + perTransaction).map((row) => ({ row, externalId: given(row, key) }))
    const created = await repository.createMany(keys.map(({ row, externalId }) => valuesOf(row, externalId)))
    created.forEach(({ id }, i) => ids.set(keys[i]?.externalId as string, id))
  }
  return ids
}

async function loadCustomers(db: Db, dump: Dump): Promise<Ids<"crm.Customer">> {
  const rows = rowsOf(dump, "customers")
  const countries = new Map<string, Id<"crm.Country">>()
  for (const name of new Set(rows.map((row) => given(row, "country")))) {
    const code = countryCodes[name]
    if (code === undefined) throw new Error(`The code of the country ${name} is not known.`)
    countries.set(name, (await db("crm.Country").create({ name, code, externalId: name })).id)
  }
  return createAll(db("crm.Customer"), rows, "customer_id", (row, externalId) => ({
    ...business(row),
    externalId,
    country: oneOrNull(countries, row, "country"),
    accountManager: null,
  }))
}

async function loadProducts(db: Db, dump: Dump): Promise<Ids<"catalog.Product">> {
  const categories = await createAll(
    db("catalog.Category"),
    rowsOf(dump, "categories"),
    "category_id",
    (row, externalId) => ({
      externalId,
      name: given(row, "category_name"),
      description: perhaps(row, "description"),
    }),
  )
  const suppliers = await createAll(
    db("catalog.Supplier"),
    rowsOf(dump, "suppliers"),
    "supplier_id",
    (row, externalId) => ({
      ...business(row),
      externalId,
      country: perhaps(row, "country"),
      homepage: perhaps(row, "homepage"),
    }),
  )
  return createAll(db("catalog.Product"), rowsOf(dump, "products"), "product_id", (row, externalId) => ({
    externalId,
    name: given(row, "product_name"),
    category: oneOrNull(categories, row, "category_id"),
    supplier: oneOrNull(suppliers, row, "supplier_id"),
    quantityPerUnit: perhaps(row, "quantity_per_unit"),
    price: float4ToDecimal(given(row, "unit_price")),
    stock: Number(given(row, "units_in_stock")),
    onOrder: Number(given(row, "units_on_order")),
    reorderLevel: Number(given(row, "reorder_level")),
    discontinued: given(row, "discontinued") === "1",
  }))
}

async function loadEmployees(db: Db, dump: Dump): Promise<Ids<"people.Employee">> {
  const regions = await createAll(db("people.Region"), rowsOf(dump, "region"), "region_id", (row, externalId) => ({
    externalId,
    name: given(row, "region_description").trim(),
  }))
  const territories = await createAll(
    db("people.Territory"),
    rowsOf(dump, "territories"),
    "territory_id",
    (row, externalId) => ({
      externalId,
      name: given(row, "territory_description").trim(),
      region: found(regions, row, "region_id"),
    }),
  )
  const covered = Map.groupBy(rowsOf(dump, "employee_territories"), (row) => given(row, "employee_id"))
  const rows = rowsOf(dump, "employees")
  const employees = await createAll(db("people.Employee"), rows, "employee_id", (row, externalId) => ({
    ...place(row),
    externalId,
    country: perhaps(row, "country"),
    firstName: given(row, "first_name"),
    lastName: given(row, "last_name"),
    courtesyTitle: perhaps(row, "title_of_courtesy"),
    jobTitle: perhaps(row, "title"),
    hireDate: perhaps(row, "hire_date"),
    birthDate: perhaps(row, "birth_date"),
    homePhone: perhaps(row, "home_phone"),
    extension: perhaps(row, "extension"),
    notes: perhaps(row, "notes"),
    territories: (covered.get(externalId) ?? []).map((link) => found(territories, link, "territory_id")),
  }))
  // A manager may have a later row than who reports to them.
  for (const row of rows) {
    const manager = oneOrNull(employees, row, "reports_to")
    if (manager !== null) await db("people.Employee").update(found(employees, row, "employee_id"), { manager })
  }
  return employees
}

function loadShippers(db: Db, dump: Dump): Promise<Ids<"sales.Shipper">> {
  return createAll(db("sales.Shipper"), rowsOf(dump, "shippers"), "shipper_id", (row, externalId) => ({
    externalId,
    name: given(row, "company_name"),
    phone: perhaps(row, "phone"),
  }))
}

interface Targets {
  readonly customers: Ids<"crm.Customer">
  readonly products: Ids<"catalog.Product">
  readonly employees: Ids<"people.Employee">
  readonly shippers: Ids<"sales.Shipper">
}

async function loadOrders(
  db: Db,
  dump: Dump,
  targets: Targets,
): Promise<{ readonly orders: number; readonly lines: number; readonly shipped: number }> {
  const details = rowsOf(dump, "order_details")
  const linesOf = Map.groupBy(details, (row) => given(row, "order_id"))
  const rows = rowsOf(dump, "orders")
  const ids = new Map<string, Id<"sales.Order">>()
  // Each year numbers its orders anew: years may overlap, but within one the new numbers follow the old ones.
  const years = Map.groupBy(rows, (row) => given(row, "order_date").slice(0, 4))
  await eachConcurrently([...years.values()], async (ofYear) => {
    const created = await createAll(db("sales.Order"), ofYear, "order_id", (row, externalId) =>
      orderValues(row, externalId, linesOf.get(externalId) ?? [], targets),
    )
    for (const [key, id] of created) ids.set(key, id)
  })
  await eachConcurrently(rows, async (row) => {
    const id = found(ids, row, "order_id")
    const shippedDate = perhaps(row, "shipped_date")
    await db("sales.Order").do("confirm", id)
    if (shippedDate !== null) await db("sales.Order").do("ship", id, { shippedDate })
  })
  return {
    orders: ids.size,
    lines: details.length,
    shipped: rows.filter((row) => perhaps(row, "shipped_date") !== null).length,
  }
}

function orderValues(
  row: DumpRow,
  externalId: string,
  lines: readonly DumpRow[],
  { customers, products, employees, shippers }: Targets,
): Create<"sales.Order"> {
  return {
    externalId,
    customer: found(customers, row, "customer_id"),
    employee: oneOrNull(employees, row, "employee_id"),
    salesperson: null,
    date: given(row, "order_date"),
    requiredDate: perhaps(row, "required_date"),
    shipper: oneOrNull(shippers, row, "ship_via"),
    freight: float4ToDecimal(given(row, "freight")),
    shipName: given(row, "ship_name"),
    shipAddress: perhaps(row, "ship_address"),
    shipCity: perhaps(row, "ship_city"),
    shipRegion: perhaps(row, "ship_region"),
    shipPostalCode: perhaps(row, "ship_postal_code"),
    shipCountry: perhaps(row, "ship_country"),
    lines: lines.map((line) => ({
      product: found(products, line, "product_id"),
      quantity: Number(given(line, "quantity")),
      price: float4ToDecimal(given(line, "unit_price")),
      discount: float4ToDecimal(given(line, "discount")),
    })),
  }
}
