/**
 * Two departments' projects outside of the repository, made as their developers would make them, from packed packages.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { packProduct } from "../tutorial/packed-product.ts"

export interface Said {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A project, as its developers' terminal sees it. */
export interface Project {
  readonly folder: string
  /** Runs `archipel …` in it. */
  archipel(args: readonly string[]): Said
  file(path: string): string
  write(path: string, text: string): void
  /** Replaces a text of a file. @throws Error where it is not there */
  edit(path: string, from: string, to: string): void
}

/** Without anything of this repository: its conditions, its npm settings, its databases. */
export function departmentsEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:npm_|NODE_|VITEST|TEST|DATABASE_URL|INIT_CWD|FORCE_COLOR|ARCHIPEL)/i.test(name) ||
      name === "npm_config_registry",
  )
  return Object.fromEntries(kept)
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Said {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    timeout: 300_000,
    env: { ...departmentsEnvironment(), ...env },
  })
  return { code: status, out: stdout, err: stderr }
}

/** @throws Error with what it said, if it failed */
function done(of: string, { code, out, err }: Said): string {
  if (code === 0) return out
  throw new Error(`${of} failed:\n${out}\n${err}`)
}

/** Packs a package and unpacks it where another project has its packages: what npm does with a tarball. */
export function handOver(packed: string, to: Project, name: string): string {
  const tarballs = join(to.folder, "..", "tarballs")
  mkdirSync(tarballs, { recursive: true })
  const args = ["pack", "--json", "--loglevel=error", `--pack-destination=${tarballs}`, packed]
  const [{ filename }] = JSON.parse(done("npm pack", run("npm", args, to.folder))) as [{ filename: string }]
  const tarball = join(tarballs, filename)
  const installed = join(to.folder, "node_modules", name)
  mkdirSync(installed, { recursive: true })
  done("tar", run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], to.folder))
  return tarball
}

export interface Departments {
  /** Everything lies in here; remove it afterwards. */
  readonly folder: string
  /** The packed command line. */
  readonly executable: string
  /** Has crm. */
  readonly company: Project
  /** Has sales. */
  readonly selling: Project
}

/** Of each other the projects know nothing yet. Both have identity and the gateway. */
export async function makeDepartments(): Promise<Departments> {
  const { folder, packages, workplace } = await packProduct()
  const executable = join(workplace, "node_modules/@archipel/cli/bin/archipel.mjs")
  const archipel = (cwd: string, args: readonly string[]): Said =>
    run(process.execPath, [executable, ...args], cwd, { ARCHIPEL_PACKAGES: packages })
  const make = (name: string, service: string): Project => {
    done(`archipel new ${name}`, archipel(workplace, ["new", name, "--no-install"]))
    const project = join(workplace, name)
    done(`archipel add service ${service}`, archipel(project, ["add", "service", service]))
    return {
      folder: project,
      archipel: (args) => archipel(project, args),
      file: (path) => readFileSync(join(project, path), "utf8"),
      write: (path, text) => writeFileSync(join(project, path), text),
      edit(path, from, to) {
        const text = readFileSync(join(project, path), "utf8")
        if (!text.includes(from)) throw new Error(`${path} has no ${from}`)
        writeFileSync(join(project, path), text.replace(from, to))
      },
    }
  }
  return { folder, executable, company: make("company", "crm"), selling: make("selling", "sales") }
}
