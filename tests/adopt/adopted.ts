/**
 * Services that `archipel adopt` wrote, type-checked and started in a test.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Service } from "@archipel/server"
import { type TestApp, testService } from "@archipel/server/test"

const repository = fileURLToPath(new URL("../..", import.meta.url))

/** A project for adopted services, gone afterwards. */
export interface AdoptedProject extends Disposable {
  readonly path: string
  /** What the compiler says of all that lies in it. */
  typeErrors(): string
  /** What the formatter would change. */
  misformatted(): string
  /** The service of a directory. */
  service(name: string): Promise<Service>
  /** The same, running on a database; with the rights of its administrator. */
  start(service: string, url: string): Promise<AdoptedService>
}

export interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON as it comes
  readonly body: any
}

export interface AdoptedService extends AsyncDisposable {
  readonly app: TestApp
  /** Asks for "orders?limit=1" of the service. */
  ask(path: string, init?: { readonly method?: string; readonly body?: object }): Promise<Answer>
}

export function adoptedProject(): AdoptedProject {
  const path = mkdtempSync(join(tmpdir(), "archipel-adopt-"))
  symlinkSync(join(repository, "node_modules"), join(path, "node_modules"))
  mkdirSync(join(path, "services"))
  writeFileSync(join(path, "package.json"), JSON.stringify({ name: "adopting", private: true, type: "module" }))
  const tsconfig = {
    extends: join(repository, "tsconfig.json"),
    compilerOptions: { noEmit: true, customConditions: ["@archipel/source"], types: ["node"] },
    include: ["services/**/*.ts"],
    exclude: [],
  }
  writeFileSync(join(path, "tsconfig.json"), JSON.stringify(tsconfig))
  writeFileSync(join(path, "main.ts"), 'import { start } from "@archipel/server"\n\nawait start([])\n')
  const run = (program: string, args: readonly string[]): string => {
    const script = join(repository, "node_modules", program)
    const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], { cwd: path, encoding: "utf8" })
    return status === 0 ? "" : stdout + stderr
  }
  const serviceOf = async (name: string): Promise<Service> => {
    const made = (await import(join(path, "services", name, "service.ts"))) as Record<string, Service>
    return made[name] as Service
  }
  return {
    path,
    typeErrors: () =>
      run("typescript/bin/tsc", ["-p", ".", "--pretty", "false"])
        .split("\n")
        .filter((line) => line.startsWith("services/"))
        .join("\n"),
    misformatted: () =>
      run("@biomejs/biome/bin/biome", ["format", `--config-path=${join(repository, "biome.json")}`, "services"]),
    service: serviceOf,
    async start(service, url) {
      const app = await testService(await serviceOf(service), { databases: { [service]: url } })
      const http = app.http({ roles: [`${service}.administrator`] })
      return {
        app,
        async ask(address, init) {
          const answer = await http(`/api/${service}/${address}`, init)
          return { status: answer.status, body: answer.status === 204 ? null : await answer.json() }
        },
        [Symbol.asyncDispose]: () => app.close(),
      }
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
