// What `psql URL -f FILE` does, where there is none.
import { readFileSync } from "node:fs"
import pg from "pg"

const [url, , file] = process.argv.slice(2)
const client = new pg.Client({ connectionString: url })
await client.connect()
await client.query(readFileSync(file, "utf8"))
await client.end()
