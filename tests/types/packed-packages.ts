/**
 * The product's core and the company's contracts as installed packages: packed, unpacked in a folder elsewhere,
 * compiled from each other's declarations.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { knownContracts } from "@archipel/core"
import "../../examples/company/sales/contract.ts"
import { contractPackage, neighboursOf } from "../../packages/cli/src/contract/contract-package.ts"
import { cliVersion } from "../../packages/cli/src/versions.ts"
import { type PackageManifest, publishedManifest } from "../../tools/package-manifest.ts"
import { repository } from "./compiler.ts"

const tsc = join(repository, "node_modules/typescript/bin/tsc")
/** Each after those it imports. */
const contracts = ["crm", "catalog", "people", "sales"]

/** Installs the packed packages in `folder`'s node_modules: contracts compiled from their sources. No registry is asked. */
export function installPacked(folder: string): void {
  installCore(folder)
  for (const name of contracts) {
    const source = join(repository, "examples/company", name)
    const manifest = manifestOf(source)
    install(folder, manifest.name, (stage) => {
      compileContract(join(source, "contract.ts"), join(folder, "build", name), join(stage, "dist"))
      writeFileSync(join(stage, "package.json"), JSON.stringify(publishedManifest(manifest)))
    })
  }
}

/** The same, but contracts are as `archipel contract export` writes them. */
export function installExported(folder: string): void {
  installCore(folder)
  for (const service of contracts) {
    const contract = knownContracts().get(service)
    if (contract === undefined) throw new Error(`There is no contract ${service}`)
    const name = `@company/${service}`
    const neighbours = neighboursOf(contract).map((each) => ({ package: `@company/${each}`, range: "*" }))
    install(folder, name, (stage) => {
      for (const [path, text] of contractPackage({ name, version: "1.2.0", contract, core: cliVersion, neighbours }))
        writeFileSync(join(stage, path), text)
    })
  }
}

function installCore(folder: string): void {
  const core = join(repository, "packages/core")
  const manifest = manifestOf(core)
  install(folder, manifest.name, (stage) => {
    run(process.execPath, [tsc, "-p", join(core, "tsconfig.build.json"), "--outDir", join(stage, "dist")], core)
    writeFileSync(join(stage, "package.json"), JSON.stringify(publishedManifest(manifest)))
  })
  // What core needs at run time comes from the registry as it is.
  symlinkSync(join(repository, "node_modules/big.js"), join(folder, "node_modules/big.js"))
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

/** @param write Puts the files of the package into a directory. */
function install(folder: string, name: string, write: (stage: string) => void): void {
  const stage = join(folder, "stage")
  const installed = join(folder, "node_modules", name)
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(stage)
  mkdirSync(installed, { recursive: true })
  write(stage)
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
