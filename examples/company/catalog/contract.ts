import {
  action,
  bool,
  contract,
  email,
  html,
  image,
  integer,
  longText,
  many,
  model,
  money,
  one,
  phone,
  text,
} from "@archipel/core"

/** What the company sells, and who supplies it. */
export const catalog = contract("catalog", {
  roles: ["user", "manager"],
  models: {
    Product: model(
      {
        name: text().index().tracked(),
        category: one("catalog.Category").optional(),
        supplier: one("catalog.Supplier").optional(),
        quantityPerUnit: text().optional().label("Packing"),
        description: html().optional(),
        picture: image().optional(),
        price: money({ min: "0" }).tracked(),
        cost: money({ min: "0" }).default("0").tracked(),
        stock: integer({ min: 0 }).default(0),
        onOrder: integer({ min: 0 }).default(0).label("Ordered from the supplier"),
        reorderLevel: integer({ min: 0 }).default(0),
        reorder: bool().computed().label("To be ordered again"),
        stockValue: money().computed(),
        discontinued: bool().default(false).tracked(),
      },
      {
        title: "name",
        publicTitle: true,
        externalId: true,
        index: [["category", "name"]],
        actions: {
          reserve: action({ quantity: integer({ min: 1 }) }, { stock: integer() }),
          receive: action({ quantity: integer({ min: 1 }) }, { stock: integer() }, { label: "Receive goods" }),
        },
      },
    ),
    Supplier: model(
      {
        name: text().index(),
        contactName: text().optional(),
        contactTitle: text().optional(),
        email: email().optional(),
        phone: phone().optional(),
        fax: phone().optional(),
        address: text().optional(),
        city: text().optional(),
        region: text().optional(),
        postalCode: text({ maxLength: 20 }).optional(),
        country: text().optional(),
        homepage: text().optional(),
        products: many("catalog.Product", "supplier"),
      },
      { title: "name", archive: true, externalId: true },
    ),
    Category: model(
      {
        name: text().unique(),
        description: longText().optional(),
        products: many("catalog.Product", "category"),
        productCount: integer().computed(),
      },
      { title: "name", externalId: true },
    ),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    catalog: typeof catalog
  }
}
