import type { BenchCompany } from "./company.ts"
import type { Figure } from "./figures.ts"

export interface CheckRun {
  readonly company: BenchCompany
  /** How often each time is measured. */
  readonly times: number
  /** Orders in the list now. */
  readonly rows: number
}

/** One or several numbers of the acceptance list that are measured together. */
export interface Check {
  readonly numbers: readonly number[]
  /** Whether it is measured with each number of orders; otherwise with the most. */
  readonly ofEachSize: boolean
  readonly measure: (run: CheckRun) => Promise<readonly Figure[]>
}

export const ORDERS = "/sales/orders"

/** "1,000,000 orders" */
export const orders = (rows: number): string => `${rows.toLocaleString("en")} orders`
