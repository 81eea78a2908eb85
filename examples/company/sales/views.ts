import { views } from "@archipel/core"
import "./contract.ts"

/** What people look for in an order first; the address and the notes come after its lines. */
export const orderViews = views("sales.Order", {
  list: ["number", "customer.name", "date", "status", "salesperson.name", "total", "margin"],
  form: {
    sections: [
      {
        fields: [
          "number",
          "customer",
          "date",
          "requiredDate",
          "salesperson",
          "employee",
          "reference",
          "lines",
          "total",
          "cost",
          "margin",
        ],
      },
      {
        title: "Delivery",
        fields: [
          "shipper",
          "shippedDate",
          "freight",
          "shipName",
          "shipAddress",
          "shipCity",
          "shipRegion",
          "shipPostalCode",
          "shipCountry",
        ],
      },
      { title: "Notes", fields: ["note"] },
    ],
  },
  search: {
    filters: ["status", "customer", "salesperson", "date", "total"],
    groups: ["status", "customer", "salesperson", "date:month"],
  },
})
