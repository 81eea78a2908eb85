import {
  contract,
  date,
  decimal,
  integer,
  longText,
  many,
  model,
  money,
  one,
  phone,
  sequence,
  states,
  text,
} from "@archipel/core"
// The neighbours: their structure and types, never their code.
import "@company/catalog"
import "@company/crm"
import "@company/people"

/** Orders from the first draft to the parcel. */
export const sales = contract("sales", {
  roles: ["user", "manager"],
  models: {
    Order: model(
      {
        number: sequence("SO-{yyyy}-{00000}", { period: "date" }),
        customer: one("crm.Customer").tracked(),
        salesperson: one("identity.User").optional().default("me").tracked(),
        employee: one("people.Employee").optional().label("Sold by"),
        date: date().default("today").index(),
        requiredDate: date().optional(),
        shippedDate: date().optional(),
        shipper: one("sales.Shipper").optional(),
        freight: money({ min: "0" }).default("0"),
        shipName: text().suggested(),
        shipAddress: text().optional().suggested(),
        shipCity: text().optional().suggested(),
        shipRegion: text().optional().suggested(),
        shipPostalCode: text({ maxLength: 20 }).optional().suggested(),
        shipCountry: text().optional().suggested(),
        reference: text().optional().label("The customer's reference"),
        note: longText().optional(),
        status: states(["draft", "confirmed", "shipped", "cancelled"], {
          confirm: { from: ["draft"], to: "confirmed" },
          ship: { from: ["confirmed"], to: "shipped", input: { shippedDate: date().default("today") } },
          cancel: { from: ["draft", "confirmed"], to: "cancelled" },
          reopen: { from: ["confirmed"], to: "draft", event: "reopened" },
        }),
        lines: many("sales.OrderLine", "order").owned(),
        lineCount: integer().computed(),
        total: money().computed().index(),
        cost: money().computed(),
        margin: money().computed(),
      },
      {
        title: "number",
        externalId: true,
        search: ["number", "shipName", "reference", "note"],
        index: [
          ["customer", "-date"],
          ["status", "-date"],
          ["employee", "-date"],
        ],
      },
    ),
    OrderLine: model(
      {
        order: one("sales.Order", { onDelete: "cascade" }),
        product: one("catalog.Product"),
        quantity: integer({ min: 1 }).default(1),
        price: money({ min: "0" }).suggested(),
        discount: decimal({ scale: 4, min: "0", max: "1" }).suggested(),
        subtotal: money().computed(),
        unitCost: money({ min: "0" }).suggested(),
        cost: money().computed(),
      },
      { label: "Line" },
    ),
    Shipper: model({ name: text(), phone: phone().optional() }, { title: "name", publicTitle: true, externalId: true }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    sales: typeof sales
  }
}
