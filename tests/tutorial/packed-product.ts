/**
 * The product as npm would install it: packed and installed once in a run of the tests, in a directory outside of the repository.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { inject } from "vitest"

const repository = fileURLToPath(new URL("../..", import.meta.url))
const PACKING_DEADLINE_MS = 500_000
const POLL_MS = 200

/** A copy of its own for each caller. */
export interface PackedProduct {
  /** Everything lies in here; remove it afterwards. */
  readonly folder: string
  /** The tarballs. */
  readonly packages: string
  /** A directory where `npx @archipel/cli` finds the packed one. */
  readonly workplace: string
}

/** All packages, installed where a reader of the tutorial would begin. The first caller of a run packs them, others wait for it. */
export async function packProduct(): Promise<PackedProduct> {
  const packed = await packedOnce(inject("runDirectory"))
  const folder = mkdtempSync(join(tmpdir(), "archipel-packed-"))
  cpSync(packed, folder, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
  return { folder, packages: join(folder, "packages"), workplace: join(folder, "workplace") }
}

async function packedOnce(runDirectory: string): Promise<string> {
  const packed = join(runDirectory, "packed")
  /** Written when the packing has ended, with what went wrong. */
  const end = join(runDirectory, "packed-end")
  if (isFirst(packed)) {
    let wrong = "Packing was not finished."
    try {
      pack(packed)
      wrong = ""
    } finally {
      writeFileSync(end, wrong)
    }
  }
  const deadline = Date.now() + PACKING_DEADLINE_MS
  while (!existsSync(end)) {
    if (Date.now() > deadline) throw new Error("The product was not packed in time: see the test that packs it.")
    await delay(POLL_MS)
  }
  const wrong = readFileSync(end, "utf8")
  if (wrong !== "") throw new Error(`${wrong} See the test that packed the product.`)
  return packed
}

/** Whether this process made the directory: one of all that try. */
function isFirst(directory: string): boolean {
  try {
    mkdirSync(directory)
    return true
  } catch {
    return false
  }
}

function pack(directory: string): void {
  const packages = join(directory, "packages")
  const workplace = join(directory, "workplace")
  run(process.execPath, [join(repository, "tools/build.ts"), "--pack", packages], repository)
  mkdirSync(workplace)
  writeFileSync(join(workplace, "package.json"), '{ "private": true }\n')
  const tarballs = readdirSync(packages).map((name) => join(packages, name))
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", "--prefer-offline"]
  run("npm", ["install", ...quiet, ...tarballs], workplace)
}

function run(command: string, args: readonly string[], cwd: string): void {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000 })
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(" ")} failed: ${done.stdout}${done.stderr}${done.error?.message ?? ""}`)
}
