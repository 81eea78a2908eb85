/**
 * Secrets that belong to a database: random, made once, and moved with it.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import type { Queryable } from "../postgres/database.ts"
import { FRAMEWORK_SCHEMA } from "./structure.ts"

const SECRET_BYTES = 32

/**
 * The secret of this name, made by whoever asks first: the same for all processes of the database, its copies and its replicas.
 * One query, two when it is made; ask at start, not for every request.
 */
export async function storedSecret(database: Queryable, name: string): Promise<Buffer> {
  const known = await read(database, name)
  if (known !== null) return known
  // Of processes that start together the first one wins, and its row is seen when the others' insert ends.
  await database.query(
    { text: `insert into ${FRAMEWORK_SCHEMA}.secrets (name, secret) values ($1, $2) on conflict do nothing` },
    [name, randomBytes(SECRET_BYTES)],
  )
  const made = await read(database, name)
  if (made === null) throw new Error(`The secret ${name} was made and is not there.`)
  return made
}

async function read(database: Queryable, name: string): Promise<Buffer | null> {
  const text = `select encode(secret, 'hex') from ${FRAMEWORK_SCHEMA}.secrets where name = $1`
  const secret = await database.text({ text }, [name])
  return secret === null ? null : Buffer.from(secret, "hex")
}
