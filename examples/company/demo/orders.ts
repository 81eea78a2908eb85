import { type Create, type Db, divide, type Id } from "@archipel/core"
import "@company/sales"
import { dayBefore } from "./calendar.ts"
import { eachConcurrently } from "../each-concurrently.ts"
import { type Random, seededRandom } from "./random.ts"

const orders = 400
/** Two years. */
const oldestDays = 730

const shippers = ["Blaulicht Express", "Küstenfracht", "Rotkehlchen Logistics"] as const

interface Targets {
  readonly customers: readonly Id<"crm.Customer">[]
  readonly products: readonly Id<"catalog.Product">[]
  readonly sellers: readonly { readonly id: Id<"people.Employee">; readonly user: Id<"identity.User"> | null }[]
  readonly shippers: readonly Id<"sales.Shipper">[]
}

interface Planned {
  readonly values: Create<"sales.Order"> & { readonly date: string }
  /** Days before the last day. */
  readonly age: number
  /** 1 to 100: what becomes of it. */
  readonly fate: number
}

/** Orders of two years: old ones shipped or cancelled, new ones confirmed or drafts. Customers, products and employees must be there. */
export async function seedOrders(db: Db): Promise<void> {
  const random = seededRandom(4)
  const targets = await findTargets(db)
  const planned = Array.from({ length: orders }, (_, index): Planned => {
    const age = Math.floor((oldestDays * (orders - 1 - index)) / orders)
    return { values: order(random, targets, age), age, fate: random.integer(1, 100) }
  })
  const made: (Planned & { readonly id: Id<"sales.Order"> })[] = []
  // Each year numbers its orders anew: years may overlap, but within one the numbers follow the dates.
  const years = Map.groupBy(planned, ({ values }) => values.date.slice(0, 4))
  await eachConcurrently([...years.values()], async (ofYear) => {
    for (const chunk of chunksOf(ofYear)) {
      const created = await db("sales.Order").createMany(chunk.map(({ values }) => values))
      created.forEach(({ id }, i) => made.push({ ...(chunk[i] as Planned), id }))
    }
  })
  const idsOf = (becoming: (plan: Planned) => boolean) => chunksOf(made.filter(becoming).map(({ id }) => id))
  await eachConcurrently(idsOf(isCancelled), (ids) => db("sales.Order").doMany("cancel", ids))
  await eachConcurrently(idsOf(isConfirmed), (ids) => db("sales.Order").doMany("confirm", ids))
  await eachConcurrently(made.filter(isShipped), ({ id, age, fate }) =>
    db("sales.Order").do("ship", id, { shippedDate: dayBefore(age - Math.min(age, 1 + (fate % 9))) }),
  )
}

/** Records of one transaction: few enough that it ends soon. */
const perTransaction = 50

const chunksOf = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / perTransaction) }, (_, i) =>
    items.slice(i * perTransaction, (i + 1) * perTransaction),
  )

const isCancelled = ({ fate }: Planned): boolean => fate <= 4
const isConfirmed = ({ age, fate }: Planned): boolean => fate > 4 && (age >= 10 || fate > 55)
const isShipped = (plan: Planned): boolean =>
  isConfirmed(plan) && (plan.age >= 30 ? plan.fate <= 97 : plan.age >= 5 && plan.fate <= 60)

async function findTargets(db: Db): Promise<Targets> {
  const shipperIds = (await db("sales.Shipper").createMany(shippers.map((name) => ({ name })))).map(({ id }) => id)
  // By name, which is the same in every run; ids are not.
  const customers = await db("crm.Customer").find({ select: ["id"], orderBy: ["name"], limit: 1_000 })
  const products = await db("catalog.Product").find({
    select: ["id"],
    where: { discontinued: false },
    orderBy: ["name"],
    limit: 1_000,
  })
  const sellers = await db("people.Employee").find({
    select: ["user"],
    where: { jobTitle: { contains: "sales" } },
    orderBy: ["name"],
  })
  return {
    customers: customers.map(({ id }) => id),
    products: products.map(({ id }) => id),
    sellers,
    shippers: shipperIds,
  }
}

function order(random: Random, targets: Targets, age: number): Planned["values"] {
  // Squaring the choice gives few customers most orders, as it is in companies.
  const rank = random.integer(0, 999)
  const customer = targets.customers[Math.floor((rank * rank * targets.customers.length) / 1_000_000)]
  const [seller] = random.some(targets.sellers, 1)
  const [shipper = null] = random.some(targets.shippers, 1)
  if (customer === undefined) throw new Error("There are no customers yet: seed them first.")
  return {
    customer,
    employee: seller?.id ?? null,
    salesperson: seller?.user ?? null,
    shipper,
    date: dayBefore(age),
    requiredDate: dayBefore(age - random.integer(7, 28)),
    freight: divide(random.integer(390, 8_900), 100, 2),
    lines: random.some(targets.products, random.integer(1, 5)).map((product) => ({
      product,
      quantity: random.integer(1, 40),
    })),
  }
}
