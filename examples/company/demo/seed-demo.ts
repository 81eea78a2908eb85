import type { Db } from "@archipel/core"
import { seedCustomers } from "./customers.ts"
import { seedEmployees } from "./employees.ts"
import { seedOrders } from "./orders.ts"
import { seedProducts } from "./products.ts"

/**
 * Fills empty databases of the company with the same invented data every time: 50 customers, 60 products, 12 employees
 * with 60 expenses, 400 orders of two years.
 *
 * @param db With the rights of the system, over all four services.
 */
export async function seedDemo(db: Db): Promise<void> {
  await Promise.all([seedCustomers(db), seedProducts(db), seedEmployees(db)])
  await seedOrders(db)
}
