import { type Policy, type TestApp, type TestUser, userId } from "@archipel/server/test"

/** Who may do what with customers. */
const clerk: TestUser = { roles: ["crm.user", "identity.reader"], id: userId("clara") }
const manager: TestUser = { roles: ["crm.manager", "identity.reader"], id: userId("martin") }
const personas = { clerk, manager, outsider: { roles: [] } } as const
const [own, foreign] = [userId("clara"), userId("alice")]

let codes = 0
/** Countries are told apart by two letters. */
const country = () => {
  const n = codes++
  const code = String.fromCharCode(65 + (Math.floor(n / 26) % 26), 65 + (n % 26))
  return { name: crypto.randomUUID(), code }
}
const countries: Policy = {
  model: "crm.Country",
  personas,
  rows: { any: async (app) => (await app.db("crm.Country").create(country())).id },
  operations: { name: { update: () => ({ name: crypto.randomUUID() }) }, delete: "delete" },
  allowed: { clerk: { any: "read" }, manager: { any: "read name delete" }, outsider: { any: "" } },
  creates: { any: country },
  mayCreate: { clerk: "", manager: "any", outsider: "" },
}

const customer = (accountManager: string | null) => async (app: TestApp) =>
  (await app.db("crm.Customer").create({ name: "Acme", accountManager })).id
const customers: Policy = {
  model: "crm.Customer",
  personas,
  rows: { own: customer(own), free: customer(null), foreign: customer(foreign) },
  operations: {
    discount: { see: "discount" },
    notes: { update: { notes: "Closed in August." } },
    give: { update: { accountManager: foreign } },
    contact: { update: { contacts: [{ name: "Anna" }] } },
    cheaper: { update: { discount: "0.5000" } },
    archive: "archive",
    delete: "delete",
  },
  allowed: {
    clerk: {
      own: "read discount notes contact archive",
      free: "read discount notes contact archive",
      foreign: "read discount",
    },
    manager: {
      own: "read discount notes give contact cheaper archive delete",
      free: "read discount notes give contact cheaper archive delete",
      foreign: "read discount notes give contact cheaper archive delete",
    },
    outsider: { own: "", free: "", foreign: "" },
  },
  creates: {
    own: { name: "New", accountManager: own },
    free: { name: "New", accountManager: null },
    foreign: { name: "New", accountManager: foreign },
    cheap: { name: "New", discount: "0.5000" },
  },
  mayCreate: { clerk: "own free", manager: "own free foreign cheap", outsider: "" },
}

export const policies: readonly Policy[] = [countries, customers]
