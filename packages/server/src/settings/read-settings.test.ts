import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { readSettings } from "./read-settings.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "archipel-settings-"))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test("every mistake is said at once, and of secrets only the name", () => {
  const { mistakes } = readSettings({
    PORT: "http",
    ARCHIPEL_LISTEN: "4443",
    ARCHIPEL_PROXY_HOPS: "11",
    ARCHIPEL_LOG_LEVEL: "loud",
    DATABASE_URL: "mysql://root:hunter2@db",
    DATABASE_URL_SALES: "sales:hunter2",
    SMTP_URL: "hunter2",
    LOGIN_ISSUERS: "[",
    ARCHIPEL_ISSUER_ADDRESS: "ftp://x",
    SOMETHING_ELSE: "anything",
  })
  expect(mistakes).toEqual([
    'PORT is "http", but takes a whole number from 0 to 65535.',
    'ARCHIPEL_LISTEN is "4443", but takes a host and a port: 0.0.0.0:4443.',
    'ARCHIPEL_PROXY_HOPS is "11", but takes a whole number from 0 to 10.',
    'ARCHIPEL_LOG_LEVEL is "loud", but takes one of debug, info, warn, error, silent.',
    "DATABASE_URL takes an address that begins with postgres:// or postgresql://.",
    "DATABASE_URL_SALES takes an address that begins with postgres:// or postgresql://.",
    "SMTP_URL takes an address that begins with smtp:// or smtps://.",
    'LOGIN_ISSUERS is "[", but takes JSON.',
    'ARCHIPEL_ISSUER_ADDRESS is "ftp://x", but takes an address that begins with http:// or https://.',
  ])
})

test("what is right, empty or nobody's is left as it is", () => {
  const env = { PORT: "4000", ARCHIPEL_LISTEN: "[::1]:0", DATABASE_URL: "", PATH: "/bin", NODE_ENV: "test" }
  expect(readSettings(env)).toEqual({ env, mistakes: [] })
})

test("secrets come from files, without the line's end", () => {
  const { env, mistakes } = readSettings({
    ARCHIPEL_SECRET_FILE: file("secret", "0123456789abcdef0123456789abcdef\n"),
    DATABASE_URL_FILE: file("all", "postgres://all"),
    DATABASE_URL_SALES_FILE: file("sales", "postgresql://sales\r\n"),
    // No secret: this one is a file's name by itself.
    ARCHIPEL_NEIGHBOURS_FILE: "/nowhere/neighbours.json",
  })
  expect(mistakes).toEqual([])
  expect(env).toMatchObject({
    ARCHIPEL_SECRET: "0123456789abcdef0123456789abcdef",
    DATABASE_URL: "postgres://all",
    DATABASE_URL_SALES: "postgresql://sales",
  })
  expect(env["ARCHIPEL_NEIGHBOURS"]).toBeUndefined()
})

test("a file that cannot be read, is too long, or says what is said already, is a mistake", () => {
  const { mistakes } = readSettings({
    ARCHIPEL_SECRET: "0123456789abcdef0123456789abcdef",
    ARCHIPEL_SECRET_FILE: file("again", "other"),
    DATABASE_URL_FILE: join(folder, "none"),
    SMTP_URL_FILE: file("long", "x".repeat(100_001)),
  })
  expect(mistakes).toEqual([
    "ARCHIPEL_SECRET and ARCHIPEL_SECRET_FILE are both set: one of them says it.",
    "DATABASE_URL_FILE names a file that cannot be read (ENOENT).",
    "SMTP_URL_FILE names a file of more than 100000 bytes.",
  ])
})
