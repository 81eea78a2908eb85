import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync, statSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type EmbeddedPostgres, removeEmbeddedPostgres, startEmbeddedPostgres } from "@archipel/data"
import pg from "pg"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"

const owner = fileURLToPath(new URL("./embedded-owner.ts", import.meta.url))

/** A process that starts the server, tells where it is and then waits to be killed. */
async function startOwner(
  directory: string,
  durable = false,
): Promise<{ child: ChildProcess; port: number; pid: number; url: string }> {
  const child = spawn(process.execPath, ["--conditions=@archipel/source", owner, directory, String(durable)], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer]
  return { child, ...(JSON.parse(line.toString()) as { port: number; pid: number; url: string }) }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL")
  await once(child, "exit")
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  client.on("error", () => {})
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

/** Accepts connections of nobody any more: the process may remain as a zombie where the first process reaps none. */
const isListening = (url: string): Promise<boolean> =>
  query(url, "select 1").then(
    () => true,
    () => false,
  )

describe("the embedded server", () => {
  let directory: string
  let server: EmbeddedPostgres | undefined

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "archipel-embedded-"))
  })
  afterEach(async () => {
    await server?.stop()
    server = undefined
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const start = async (more: { durable?: boolean; maxConnections?: number } = {}): Promise<EmbeddedPostgres> => {
    server = await startEmbeddedPostgres({ directory, durable: false, settings: { shared_buffers: "16MB" }, ...more })
    return server
  }

  test("is a UTF-8 PostgreSQL 18 that knows accents and orders by code point", async () => {
    const { url } = await start()
    const rows = await query(
      url("postgres"),
      `select current_setting('server_version_num')::int / 10000 as major, current_setting('server_encoding') as encoding,
              lower('ÉÅ') as lower, 'é' ilike 'É' as ilike, 'Z' < 'a' as by_code_point`,
    )
    expect(rows).toEqual([{ major: 18, encoding: "UTF8", lower: "éå", ilike: true, by_code_point: true }])
  })

  test("keeps its password to this user and lets nobody in without it", async () => {
    const { port } = await start()
    expect(statSync(join(directory, "password")).mode & 0o077).toBe(0)
    await expect(query(`postgresql://postgres:wrong@127.0.0.1:${port}/postgres`, "select 1")).rejects.toMatchObject({
      code: "28P01",
    })
  })

  test("stops cleanly, gives the directory back and takes the same port again", async () => {
    const first = await start()
    await query(first.url("postgres"), "create table kept (n int); insert into kept values (1)")
    await first.stop()
    expect(await isListening(first.url("postgres"))).toBe(false)
    expect(existsSync(join(directory, "lock.json"))).toBe(false)
    const second = await start()
    expect(second).toMatchObject({ reused: false, port: first.port })
    expect(await query(second.url("postgres"), "select n from kept")).toEqual([{ n: 1 }])
    expect(await query(second.url("postgres"), "select pg_is_in_recovery() as recovering")).toEqual([
      { recovering: false },
    ])
  })

  test("is refused to a second owner, in this process and in another, with its directory and pid named", async () => {
    await start()
    await expect(start()).rejects.toMatchObject({
      code: "postgres.directory_in_use",
      details: { directory, pid: process.pid },
    })
    const child = spawn(process.execPath, ["--conditions=@archipel/source", owner, directory], {
      stdio: ["pipe", "ignore", "pipe"],
    })
    let words = ""
    child.stderr.on("data", (chunk: Buffer) => {
      words += chunk.toString()
    })
    const [code] = (await once(child, "close")) as [number]
    expect(code).toBe(1)
    expect(words).toContain(`Process ${process.pid} is using the data directory ${directory}.`)
  })

  test("outlives a killed owner, and the next start takes it over with every acknowledged write", async () => {
    const first = await startOwner(directory)
    await query(first.url, "create table written (n int); insert into written select generate_series(1, 100)")
    const witness = new pg.Client({ connectionString: first.url })
    await witness.connect()
    await kill(first.child)
    const second = await start()
    expect(second).toMatchObject({ reused: true, port: first.port, pid: first.pid })
    expect(await query(second.url("postgres"), "select count(*)::int as n from written")).toEqual([{ n: 100 }])
    expect((await witness.query("select 1 as still")).rows).toEqual([{ still: 1 }])
    await witness.end()
  })

  test("is started anew when a killed owner's server was started otherwise", async () => {
    const first = await startOwner(directory)
    await kill(first.child)
    const second = await start({ maxConnections: 50 })
    expect(second.reused).toBe(false)
    expect(second.pid).not.toBe(first.pid)
    expect(await query(second.url("postgres"), "show max_connections")).toEqual([{ max_connections: "50" }])
  })

  test("recovers when owner and server were both killed, with every acknowledged write", async () => {
    const first = await startOwner(directory, true)
    await query(first.url, "create table recovered (n int); insert into recovered values (7)")
    await kill(first.child)
    process.kill(first.pid, "SIGKILL")
    const second = await start({ durable: true })
    expect(second.reused).toBe(false)
    expect(await query(second.url("postgres"), "select n from recovered")).toEqual([{ n: 7 }])
  })

  test("is not fooled by another program that got a dead server's process id", async () => {
    const first = await start()
    await first.stop()
    const state = JSON.parse(readFileSync(join(directory, "server.json"), "utf8")) as { data: string }
    await writeFile(
      join(directory, "server.json"),
      JSON.stringify({ ...state, pid: process.pid, identity: "another boot" }),
    )
    await writeFile(
      join(state.data, "postmaster.pid"),
      `${process.pid}\n${state.data}\n0\n${first.port}\n\n127.0.0.1\n\nready\n`,
    )
    expect((await start()).reused).toBe(false)
  })

  test("takes a lock over whose owner's process id is now another's, and one that is not readable", async () => {
    for (const content of [JSON.stringify({ pid: process.pid, identity: "another boot", nonce: "n" }), ""]) {
      await writeFile(join(directory, "lock.json"), content)
      await (await start()).stop()
    }
  })

  test("says which port is taken", async () => {
    const { port } = await start()
    const other = await mkdtemp(join(tmpdir(), "archipel-embedded-"))
    try {
      await expect(startEmbeddedPostgres({ directory: other, durable: false, port })).rejects.toMatchObject({
        code: "postgres.start_failed",
        details: { reason: `port ${port} is taken` },
      })
      expect(existsSync(join(other, "lock.json"))).toBe(false)
    } finally {
      await rm(other, { recursive: true, force: true })
    }
  })

  test("is removed with all it kept, unless somebody uses it", async () => {
    const first = await start()
    await expect(removeEmbeddedPostgres(directory)).rejects.toMatchObject({ code: "postgres.directory_in_use" })
    expect(existsSync(join(directory, "password"))).toBe(true)
    await first.stop()
    const left = await startOwner(directory)
    await kill(left.child)
    await removeEmbeddedPostgres(directory)
    expect(await isListening(left.url)).toBe(false)
    expect(existsSync(directory)).toBe(false)
  })
})
