import { type Create, type Db, divide, type Id, round } from "@archipel/core"
import "@company/people"
import { streetNames } from "./names.ts"
import { seededRandom } from "./random.ts"
import { dayBefore } from "./calendar.ts"

const regions: Readonly<Record<string, readonly string[]>> = {
  North: ["Coast", "Islands", "Fens"],
  East: ["Lake district", "Border towns"],
  South: ["Alps", "Foothills", "Wine country"],
  West: ["Rhine", "Highlands", "Lowlands"],
}

/** First name, last name, what they do, and the line of their manager in this list. The users of a development system are among them. */
const staff: readonly (readonly [string, string, string, number | null])[] = [
  ["Alice", "Arnaud", "Managing director", null],
  ["Martin", "Weiss", "Head of sales", 0],
  ["Amara", "Diallo", "Head of purchasing", 0],
  ["Clara", "Lindqvist", "Sales", 1],
  ["Lucia", "Ferrante", "Sales", 1],
  ["Janne", "Holmgren", "Sales", 1],
  ["Priya", "Raman", "Inside sales", 1],
  ["Gregor", "Stein", "Purchasing", 2],
  ["Nadia", "Benali", "Purchasing", 2],
  ["Ole", "Petersen", "Warehouse", 2],
  ["Sofie", "Claes", "Accounting", 0],
  ["Viktor", "Hruby", "Accounting", 10],
]

const purposes = {
  travel: ["Train to a customer", "Rental car", "Airport transfer"],
  meals: ["Lunch with a customer", "Team dinner"],
  lodging: ["Hotel at the fair", "Hotel, two nights"],
  office: ["Headset", "Paper and pens", "Desk lamp"],
  other: ["Gift for a customer", "Parking"],
} as const
const categories = ["travel", "meals", "lodging", "office", "other"] as const

/** Regions, territories, employees with their managers, and expenses in every state. Who has a name of a user is that user. */
export async function seedEmployees(db: Db): Promise<void> {
  const random = seededRandom(3)
  const territories: Id<"people.Territory">[] = []
  for (const [name, parts] of Object.entries(regions)) {
    const { id: region } = await db("people.Region").create({ name })
    const created = await db("people.Territory").createMany(parts.map((part) => ({ name: part, region })))
    territories.push(...created.map(({ id }) => id))
  }
  const users = new Map((await db("identity.User").find({ select: ["name"] })).map(({ id, name }) => [name, id]))
  const employees: Id<"people.Employee">[] = []
  for (const [index, [firstName, lastName, jobTitle, managerIndex]] of staff.entries()) {
    const { id } = await db("people.Employee").create({
      firstName,
      lastName,
      jobTitle,
      user: users.get(`${firstName} ${lastName}`) ?? null,
      manager: managerIndex === null ? null : (employees[managerIndex] ?? null),
      hireDate: dayBefore(random.integer(200, 4_000)),
      birthDate: dayBefore(random.integer(9_000, 20_000)),
      address: `${random.pick(streetNames)} ${random.integer(1, 90)}`,
      city: "Hamburg",
      country: "Germany",
      extension: String(200 + index),
      salary: round(random.integer(2_900, 7_800), 2),
      territories: jobTitle.includes("sales") || jobTitle === "Sales" ? random.some(territories, 3) : [],
    })
    employees.push(id)
  }
  await seedExpenses(db, employees)
}

interface PlannedExpense {
  readonly values: Create<"people.Expense">
  readonly fate: "draft" | "submitted" | "rejected" | "approved"
}

async function seedExpenses(db: Db, employees: readonly Id<"people.Employee">[]): Promise<void> {
  const expenses = db("people.Expense")
  const planned = Array.from({ length: 60 }, (_, index) => expense(employees, index))
  const created = await expenses.createMany(planned.map(({ values }) => values))
  const idsOf = (...fates: readonly PlannedExpense["fate"][]) =>
    created.flatMap(({ id }, i) => (fates.includes(planned[i]?.fate ?? "draft") ? [id] : []))
  await expenses.doMany("submit", idsOf("submitted", "rejected", "approved"))
  await expenses.doMany("reject", idsOf("rejected"), { rejectedBecause: "Please add what it was for." })
  await expenses.doMany("approve", idsOf("approved"))
}

function expense(employees: readonly Id<"people.Employee">[], index: number): PlannedExpense {
  const random = seededRandom(100 + index)
  const category = random.pick(categories)
  const [employee] = random.some(employees, 1)
  if (employee === undefined) throw new Error("There are no employees yet: seed them first.")
  const values = {
    employee,
    requestedBy: null,
    date: dayBefore(360 - index * 6),
    category,
    purpose: random.pick(purposes[category]),
    amount: divide(random.integer(800, 48_000), 100, 2),
    billable: random.chance(30),
  }
  if (random.chance(10)) return { values, fate: "draft" }
  if (random.chance(12)) return { values, fate: "rejected" }
  return { values, fate: random.chance(80) ? "approved" : "submitted" }
}
