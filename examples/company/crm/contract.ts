import { contract, decimal, email, integer, longText, many, model, one, phone, text, url } from "@archipel/core"

/** Whom the company sells to. */
export const crm = contract("crm", {
  roles: ["user", "manager"],
  models: {
    Customer: model(
      {
        name: text().index().tracked(),
        contactName: text().optional(),
        contactTitle: text().optional(),
        email: email().optional(),
        phone: phone().optional(),
        fax: phone().optional(),
        website: url().optional(),
        address: text().optional(),
        city: text().optional().index(),
        region: text().optional(),
        postalCode: text({ maxLength: 20 }).optional(),
        country: one("crm.Country").optional(),
        discount: decimal({ scale: 4, min: "0", max: "1" })
          .default("0")
          .tracked()
          .label("Usual discount (0.05 is 5 %)"),
        accountManager: one("identity.User").optional().default("me").tracked(),
        notes: longText().optional(),
        parent: one("crm.Customer").optional().label("Head office"),
        branches: many("crm.Customer", "parent"),
        contacts: many("crm.Contact", "customer").owned(),
        contactCount: integer().computed(),
      },
      { title: "name", archive: true, externalId: true },
    ),
    Contact: model(
      {
        customer: one("crm.Customer", { onDelete: "cascade" }),
        name: text(),
        jobTitle: text().optional(),
        email: email().optional(),
        phone: phone().optional(),
      },
      { title: "name", unique: [["customer", "name"]] },
    ),
    Country: model(
      { name: text().unique(), code: text({ maxLength: 2 }).unique().label("ISO 3166-1 code") },
      { title: "name", publicTitle: true, externalId: true },
    ),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    crm: typeof crm
  }
}
