import { type Policy, type TestApp, type TestUser, userId } from "@archipel/server/test"

/** Who may do what with people and what they spend. */
const [clara, boss, colleague, head] = [userId("clara"), userId("oscar"), userId("alice"), userId("martin")]
const idOf: Readonly<Record<string, string>> = { clara, boss, colleague, manager: head }
const user = (id: string, ...roles: readonly string[]): TestUser => ({ roles, id })
const personas = {
  clara: user(clara, "people.user"),
  boss: user(boss, "people.user"),
  colleague: user(colleague, "people.user"),
  manager: user(head, "people.manager"),
  outsider: { roles: [] },
}

/** Clara, her manager, and a colleague who has another one: each once, since a user is one employee. */
async function employee(app: TestApp, who: string): Promise<string> {
  const employees = app.db("people.Employee")
  const found = await employees.find({ select: ["id"], where: { lastName: who } })
  if (found[0]) return found[0].id
  const manager = who === "clara" ? await employee(app, "boss") : null
  const values = { firstName: "E", lastName: who, user: idOf[who], manager, salary: "3000.00", city: "Lyon" }
  return (await employees.create(values as never)).id
}
const unknown = async (app: TestApp): Promise<string> =>
  (await app.db("people.Employee").create({ firstName: "E", lastName: "unknown", salary: "1.00" })).id

const things = (model: "people.Region" | "people.Territory", values: (app: TestApp) => Promise<object>): Policy => ({
  model,
  personas: { clara: personas.clara, manager: personas.manager, outsider: personas.outsider },
  rows: { any: async (app) => (await app.db(model).create((await values(app)) as never)).id },
  operations: { name: { update: () => ({ name: crypto.randomUUID() }) }, delete: "delete" },
  allowed: { clara: { any: "read" }, manager: { any: "read name delete" }, outsider: { any: "" } },
  creates: { any: async (app) => (await values(app)) as Record<string, unknown> },
  mayCreate: { clara: "", manager: "any", outsider: "" },
})
const region = async () => ({ name: crypto.randomUUID() })
const territory = async (app: TestApp) => {
  const { id } = await app.db("people.Region").create(await region())
  return { name: crypto.randomUUID(), region: id }
}

const employees: Policy = {
  model: "people.Employee",
  personas,
  rows: { clara: (app) => employee(app, "clara"), unknown },
  operations: {
    name: { see: "name" },
    salary: { see: "salary" },
    city: { see: "city" },
    move: { update: { city: "Paris" } },
    title: { update: { jobTitle: "Director" } },
    raise: { update: { salary: "9000.00" } },
  },
  allowed: {
    clara: { clara: "read name salary city move", unknown: "read name" },
    boss: { clara: "read name salary city", unknown: "read name" },
    colleague: { clara: "read name", unknown: "read name" },
    manager: { clara: "read name salary city move title raise", unknown: "read name salary city move title raise" },
    outsider: { clara: "", unknown: "" },
  },
  creates: { anybody: { firstName: "N", lastName: "new" } },
  mayCreate: { clara: "", boss: "", colleague: "", manager: "anybody", outsider: "" },
}
const leavers: Policy = {
  model: "people.Employee",
  personas,
  rows: { unknown },
  operations: { delete: "delete" },
  allowed: {
    clara: { unknown: "read" },
    boss: { unknown: "read" },
    colleague: { unknown: "read" },
    manager: { unknown: "read delete" },
    outsider: { unknown: "" },
  },
}

const expense =
  (who: string, requestedBy: string | undefined, ...transitions: readonly ("submit" | "reject")[]) =>
  async (app: TestApp): Promise<string> => {
    const expenses = app.db("people.Expense")
    const values = { employee: await employee(app, who), requestedBy, purpose: "Train", amount: "10.00" }
    const { id } = await expenses.create({ ...values, category: "travel" } as never)
    for (const transition of transitions)
      await (transition === "reject"
        ? expenses.do("reject", id, { rejectedBecause: "No." })
        : expenses.do("submit", id))
    return id
  }
const claimed =
  (who: string, more: object = {}) =>
  async (app: TestApp) => ({
    employee: await employee(app, who),
    purpose: "Train",
    category: "travel",
    amount: "10.00",
    ...more,
  })

const drafts: Policy = {
  model: "people.Expense",
  personas,
  rows: { clara: expense("clara", clara), manager: expense("manager", head) },
  operations: {
    amount: { see: "amount" },
    purpose: { update: { purpose: "Bus" } },
    later: { update: { date: "2999-01-01" } },
    give: { update: async (app: TestApp) => ({ employee: await employee(app, "boss") }) },
    delete: "delete",
    submit: { do: "submit" },
  },
  allowed: {
    clara: { clara: "read amount purpose delete submit", manager: "" },
    boss: { clara: "read amount submit", manager: "" },
    colleague: { clara: "", manager: "" },
    manager: { clara: "read amount purpose later give submit", manager: "read amount purpose later give submit" },
    outsider: { clara: "", manager: "" },
  },
  creates: {
    own: claimed("clara"),
    later: claimed("clara", { date: "2999-01-01" }),
    manager: claimed("manager"),
  },
  mayCreate: { clara: "own", boss: "", colleague: "", manager: "own later manager", outsider: "" },
}
/** Nobody decides on what they spent themselves, or asked for on behalf of somebody. */
const submitted: Policy = {
  model: "people.Expense",
  personas,
  rows: {
    clara: expense("clara", clara, "submit"),
    requested: expense("clara", head, "submit"),
    manager: expense("manager", clara, "submit"),
  },
  operations: { approve: { do: "approve" }, reject: { do: "reject", input: { rejectedBecause: "No." } } },
  allowed: {
    clara: { clara: "read", requested: "read", manager: "" },
    boss: { clara: "read", requested: "read", manager: "" },
    colleague: { clara: "", requested: "", manager: "" },
    manager: { clara: "read approve reject", requested: "read", manager: "read reject" },
    outsider: { clara: "", requested: "", manager: "" },
  },
}
const rejected: Policy = {
  model: "people.Expense",
  personas: { clara: personas.clara, manager: personas.manager, outsider: personas.outsider },
  rows: { clara: expense("clara", clara, "submit", "reject") },
  operations: { reopen: { do: "reopen" } },
  allowed: { clara: { clara: "read reopen" }, manager: { clara: "read reopen" }, outsider: { clara: "" } },
}

export const policies: readonly Policy[] = [
  things("people.Region", region),
  things("people.Territory", territory),
  employees,
  leavers,
  drafts,
  submitted,
  rejected,
]
