// Builds the admin when its sources changed, into a directory of its own that then takes the old one's place: who serves the old
// files meanwhile goes on. Plain JavaScript without imports from npm, as ensure-installed.mjs, which runs before it.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const admin = join(root, "packages", "admin")
const target = join(admin, "dist", "app")
const STAMP = ".built-from"
const sources = ["packages/admin/src", "packages/admin/public", "packages/core/src"]
const single = ["index.html", "vite.config.ts", "package.json"].map((name) => `packages/admin/${name}`)

const wanted = hashOf([...single, "package-lock.json", "tools/ensure-admin.mjs", ...sources.flatMap(filesBelow)])
if (!isBuilt()) build()

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/"))
    .sort()
}

function hashOf(paths) {
  const hash = createHash("sha256")
  for (const path of paths) hash.update(`${path}\n`).update(readFileSync(join(root, path)))
  return hash.digest("hex")
}

function isBuilt() {
  const stamp = join(target, STAMP)
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted
}

function build() {
  const started = Date.now()
  console.log("Building the admin ...")
  const fresh = join(admin, "dist", `app-${process.pid}`)
  const { status, error, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules", "vite", "bin", "vite.js"), "build", "--logLevel=warn", "--outDir", fresh],
    { cwd: admin, encoding: "utf8", timeout: 5 * 60_000, env: { ...process.env, NODE_ENV: "production" } },
  )
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    console.error(
      `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}\nThe admin could not be built; see the lines above.`,
    )
    process.exit(1)
  }
  writeFileSync(join(fresh, STAMP), wanted)
  const old = join(admin, "dist", `app-${process.pid}-old`)
  if (existsSync(target)) renameSync(target, old)
  renameSync(fresh, target)
  rmSync(old, { recursive: true, force: true })
  console.log(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`)
}
