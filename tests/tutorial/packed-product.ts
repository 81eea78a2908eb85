/**
 * The product as npm would install it: packed once, in a directory outside of the repository.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const repository = fileURLToPath(new URL("../..", import.meta.url))

export interface PackedProduct {
  /** Everything lies in here; remove it afterwards. */
  readonly folder: string
  /** The tarballs. */
  readonly packages: string
  /** A directory where `npx @archipel/cli` finds the packed one. */
  readonly workplace: string
}

/** Packs all packages and installs them where a reader of the tutorial would begin. */
export function packProduct(): PackedProduct {
  const folder = mkdtempSync(join(tmpdir(), "archipel-packed-"))
  const packages = join(folder, "packages")
  const workplace = join(folder, "workplace")
  run(process.execPath, [join(repository, "tools/build.ts"), "--pack", packages], repository)
  mkdirSync(workplace)
  writeFileSync(join(workplace, "package.json"), '{ "private": true }\n')
  const tarballs = readdirSync(packages).map((name) => join(packages, name))
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", "--prefer-offline"]
  run("npm", ["install", ...quiet, ...tarballs], workplace)
  return { folder, packages, workplace }
}

function run(command: string, args: readonly string[], cwd: string): void {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000 })
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(" ")} failed: ${done.stdout}${done.stderr}${done.error?.message ?? ""}`)
}
