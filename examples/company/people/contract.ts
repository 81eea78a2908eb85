import {
  bool,
  choice,
  contract,
  date,
  file,
  image,
  longText,
  many,
  manyToMany,
  model,
  money,
  one,
  phone,
  sequence,
  states,
  text,
} from "@archipel/core"

/** Who works here, where, and what they spent. */
export const people = contract("people", {
  roles: ["user", "manager"],
  models: {
    Employee: model(
      {
        firstName: text(),
        lastName: text().index(),
        name: text().computed(),
        courtesyTitle: text().optional(),
        jobTitle: text().optional().tracked(),
        user: one("identity.User").optional().unique(),
        manager: one("people.Employee").optional().tracked(),
        reports: many("people.Employee", "manager"),
        territories: manyToMany("people.Territory"),
        hireDate: date().optional(),
        birthDate: date().optional(),
        address: longText().optional(),
        city: text().optional(),
        region: text().optional(),
        postalCode: text({ maxLength: 20 }).optional(),
        country: text().optional(),
        homePhone: phone().optional(),
        extension: text({ maxLength: 10 }).optional(),
        notes: longText().optional(),
        photo: image().optional(),
        salary: money({ min: "0" }).optional().tracked().label("Salary a month"),
        expenses: many("people.Expense", "employee"),
        spent: money().computed().label("Expenses approved"),
      },
      { title: "name", publicTitle: true, archive: true, externalId: true, index: [["lastName", "firstName"]] },
    ),
    Expense: model(
      {
        number: sequence("EX-{yyyy}-{0000}", { period: "date" }),
        employee: one("people.Employee"),
        requestedBy: one("identity.User").optional().default("me"),
        date: date().default("today"),
        purpose: text(),
        category: choice("travel", "meals", "lodging", "office", "other"),
        amount: money({ min: "0.01" }).tracked(),
        billable: bool().default(false),
        receipt: file().optional(),
        status: states(["draft", "submitted", "approved", "rejected"], {
          submit: { from: ["draft"], to: "submitted" },
          approve: { from: ["submitted"], to: "approved" },
          reject: { from: ["submitted"], to: "rejected", input: { rejectedBecause: text() } },
          reopen: { from: ["rejected"], to: "draft", event: "reopened" },
        }),
        rejectedBecause: text().optional(),
      },
      {
        title: "number",
        index: [
          ["employee", "-date"],
          ["status", "-date"],
        ],
      },
    ),
    Territory: model(
      {
        name: text().index(),
        region: one("people.Region"),
        employees: manyToMany("people.Employee", { inverse: "territories" }),
      },
      { title: "name", externalId: true },
    ),
    Region: model(
      { name: text().unique(), territories: many("people.Territory", "region") },
      { title: "name", externalId: true },
    ),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    people: typeof people
  }
}
