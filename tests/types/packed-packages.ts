/**
 * The product's core and the company's contracts as installed packages: packed, unpacked in a folder elsewhere,
 * compiled from each other's declarations.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type PackageManifest, publishedManifest } from "../../tools/package-manifest.ts"
import { repository } from "./compiler.ts"

const tsc = join(repository, "node_modules/typescript/bin/tsc")
/** Each after those it imports. */
const contracts = ["crm", "catalog", "people", "sales"]

/** Installs the packed packages in `folder`'s node_modules. No registry is asked. */
export function installPacked(folder: string): void {
  const core = join(repository, "packages/core")
  install(folder, manifestOf(core), (target) => {
    run(process.execPath, [tsc, "-p", join(core, "tsconfig.build.json"), "--outDir", target], core)
  })
  // What core needs at run time comes from the registry as it is.
  symlinkSync(join(repository, "node_modules/big.js"), join(folder, "node_modules/big.js"))
  for (const name of contracts) {
    const source = join(repository, "examples/company", name)
    install(folder, manifestOf(source), (target) => {
      compileContract(join(source, "contract.ts"), join(folder, "build", name), target)
    })
  }
}

function compileContract(contract: string, workFolder: string, target: string): void {
  mkdirSync(workFolder, { recursive: true })
  cpSync(contract, join(workFolder, "contract.ts"))
  writeFileSync(join(workFolder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const options = {
    noEmit: false,
    declaration: true,
    outDir: target,
    types: [],
    customConditions: [],
    skipLibCheck: false,
  }
  const build = { allowImportingTsExtensions: false, rewriteRelativeImportExtensions: true }
  const config = {
    extends: join(repository, "tsconfig.json"),
    compilerOptions: { ...options, ...build },
    include: ["*.ts"],
  }
  writeFileSync(join(workFolder, "tsconfig.json"), JSON.stringify(config))
  run(process.execPath, [tsc, "-p", "tsconfig.json"], workFolder)
}

function install(folder: string, manifest: PackageManifest, build: (target: string) => void): void {
  const stage = join(folder, "stage")
  const installed = join(folder, "node_modules", manifest.name)
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(stage)
  mkdirSync(installed, { recursive: true })
  build(join(stage, "dist"))
  writeFileSync(join(stage, "package.json"), JSON.stringify(publishedManifest(manifest)))
  const packed = run("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error"], stage)
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  run("tar", ["-xzf", filename, "--strip-components=1", "-C", installed], stage)
}

function manifestOf(folder: string): PackageManifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageManifest
}

function run(command: string, args: readonly string[], cwd: string): string {
  const done = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    timeout: 120_000,
    shell: process.platform === "win32",
  })
  if (done.status === 0) return done.stdout
  throw new Error(`${command} ${args.join(" ")} failed: ${done.stdout}${done.stderr}${done.error?.message ?? ""}`)
}
