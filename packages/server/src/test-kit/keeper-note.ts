import { join } from "node:path"

/** How test processes find the keeper of their PostgreSQL. */
export interface KeeperNote {
  readonly port: number
  readonly token: string
  /** Connection URL of the database `postgres`. */
  readonly url: string
}

/** Only this user can read it. */
export const keeperNote = (directory: string): string => join(directory, "keeper.json")

/** Begins the name of every database of one test. */
export const testPrefix = "archipel_test_"
/** Begins the name of every database that tests copy. */
export const templatePrefix = "archipel_template_"
