/**
 * `npm run build`: compiles each package to `dist`, as it is published.
 *
 * `--pack DIR` also writes one installable tarball a package to DIR. `--only NAME` (repeatable) builds just these packages
 * and what they depend on.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { inBuildOrder, type PackageManifest, publishedManifest } from "./package-manifest.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { values } = parseArgs({
  options: { pack: { type: "string" }, only: { type: "string", multiple: true } },
})

const folders = new Map<string, string>()
const manifests: PackageManifest[] = []
for (const name of readdirSync(join(root, "packages"))) {
  const folder = join(root, "packages", name)
  if (!existsSync(join(folder, "src", "index.ts"))) continue
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageManifest
  folders.set(manifest.name, folder)
  manifests.push(manifest)
}

const chosen = inBuildOrder(manifests, values.only)
for (const manifest of chosen) compile(manifest)
if (values.pack !== undefined) {
  const target = resolve(values.pack)
  mkdirSync(target, { recursive: true })
  for (const manifest of chosen) console.log(pack(manifest, target))
}

function compile(manifest: PackageManifest): void {
  const folder = folderOf(manifest)
  const dist = join(folder, "dist")
  // The admin's application has a build of its own, and may be served from there meanwhile.
  const isAdmin = manifest.name === "@archipel/admin"
  for (const name of existsSync(dist) ? readdirSync(dist) : []) {
    if (!(isAdmin && name.startsWith("app"))) rmSync(join(dist, name), { recursive: true, force: true })
  }
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], folder)
  if (isAdmin) run(process.execPath, [join(root, "tools", "ensure-admin.mjs")], root)
}

/** Packs from a copy, so that the tarball has the licence and none of the entries that only make sense in this repository. */
function pack(manifest: PackageManifest, target: string): string {
  const folder = folderOf(manifest)
  const stage = mkdtempSync(join(tmpdir(), "archipel-pack-"))
  try {
    for (const name of manifest.files ?? []) {
      if (existsSync(join(folder, name))) cpSync(join(folder, name), join(stage, name), { recursive: true })
    }
    cpSync(join(root, "LICENSE"), join(stage, "LICENSE"))
    writeFileSync(join(stage, "package.json"), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
    const cli = process.env["npm_execpath"]
    const [command, ...first] = cli?.endsWith(".js") ? [process.execPath, cli] : ["npm"]
    const options = ["pack", "--json", "--ignore-scripts", "--loglevel=error", `--pack-destination=${target}`]
    const [packed] = JSON.parse(run(command, [...first, ...options], stage)) as { filename: string }[]
    if (packed === undefined) throw new Error(`npm pack said nothing about ${manifest.name}`)
    return join(target, packed.filename)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

function folderOf(manifest: PackageManifest): string {
  const folder = folders.get(manifest.name)
  if (folder === undefined) throw new Error(`No folder for ${manifest.name}`)
  return folder
}

function run(command: string, args: readonly string[], cwd: string): string {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 10 * 60_000 })
  if (done.status === 0) return done.stdout
  console.error(
    `${command} ${args.join(" ")} failed in ${cwd}\n${done.stdout}${done.stderr}${done.error?.message ?? ""}`,
  )
  process.exit(1)
}
