/**
 * A reader of a page: runs its commands, saves its files, and looks whether what it shows comes about.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import { missingLine, type Step, stepsOf } from "./markdown-steps.ts"
import type { PackedProduct } from "./packed-product.ts"
import { type Background, inBackground, openShell, type Shell } from "./shell.ts"

const docs = fileURLToPath(new URL("../../docs", import.meta.url))

/** Does what a page says, from the first command to the last, with the product as npm installs it. @param name Its path under `docs`. */
export async function follow(name: string, product: PackedProduct): Promise<void> {
  const page = readFileSync(join(docs, name), "utf8")
  const ports = new Map<string, number>()
  for (const [, port = ""] of page.matchAll(LOCAL)) if (!ports.has(port)) ports.set(port, await freePort())
  const env = readersEnvironment(ports.get("4000"), product)
  await using shell = openShell(product.workplace, env)
  await using reader = new Reader(name, shell, env, product.workplace, ports)
  for (const step of stepsOf(page)) await reader.take(step)
}

/** Addresses of a page; each port stands for a free one. */
const LOCAL = /localhost:(\d{4})/g

/** Someone who follows a page to the letter, on other ports. */
class Reader implements AsyncDisposable {
  readonly #page: string
  readonly #shell: Shell
  readonly #env: NodeJS.ProcessEnv
  readonly #ports: ReadonlyMap<string, number>
  #folder: string
  #said = ""
  /** Programs that run in terminals of their own; the last one is looked at. */
  #servers: Background[] = []

  constructor(page: string, shell: Shell, env: NodeJS.ProcessEnv, folder: string, ports: ReadonlyMap<string, number>) {
    this.#page = page
    this.#shell = shell
    this.#env = env
    this.#folder = folder
    this.#ports = ports
  }

  get #server(): Background | undefined {
    return this.#servers.at(-1)
  }

  async take(step: Step): Promise<void> {
    const at = `${this.#page}, line ${step.line}`
    if (step.kind === "run" && step.background) {
      if (!step.beside) await this.#endServers()
      const server = inBackground(this.#here(step.script), this.#folder, this.#env)
      this.#servers.push(server)
      this.#said = await server.sees(/ready http/)
    } else if (step.kind === "run") {
      this.#said = ""
      // Each change of the sources restarts the program, so its end is waited for before the next.
      const edits = step.script.includes("archipel add ")
      for (const part of edits ? step.script.trim().split("\n") : [step.script]) {
        this.#server?.mark()
        this.#said += await this.#shell.run(this.#here(part))
        if (edits) await this.#settled()
      }
      this.#folder = (await this.#shell.run("pwd")).trim()
    } else if (step.kind === "file") {
      this.#server?.mark()
      const path = join(this.#folder, step.path)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, this.#here(step.text))
      if (path.endsWith(".ts") && !path.endsWith(".test.ts")) await this.#settled()
    } else if (step.kind === "shows") {
      const shown = readFileSync(join(this.#folder, step.path), "utf8")
      if (shown !== step.text) expect(shown).toBe(`${step.text}(${at})`)
    } else {
      const said = step.of === "server" ? ((await this.#server?.sees(/Waiting for a change/)) ?? "") : this.#said
      const lines = step.lines.map((line) => this.#here(line))
      expect(missingLine(lines, said) ?? "everything was there", `${at}; there was:\n${said}`).toBe(
        "everything was there",
      )
    }
  }

  /** The program has run again, or said why it cannot. */
  async #settled(): Promise<void> {
    await this.#server?.sees(/running again after|Waiting for a change/)
  }

  #here(text: string): string {
    return text.replaceAll(LOCAL, (_, port: string) => `localhost:${this.#ports.get(port) ?? port}`)
  }

  async #endServers(): Promise<void> {
    for (const server of this.#servers.splice(0).reverse()) await server[Symbol.asyncDispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#endServers()
  }
}

/** Without anything of this repository: its Node, its conditions, its npm settings. */
function readersEnvironment(port: number | undefined, product: PackedProduct): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:npm_|NODE_|VITEST|TEST|DATABASE_URL|INIT_CWD|FORCE_COLOR)/i.test(name) || name === "npm_config_registry",
  )
  const path = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"))
  return {
    ...Object.fromEntries(kept),
    PATH: path.join(":"),
    ...(port === undefined ? {} : { PORT: String(port) }),
    ARCHIPEL_PACKAGES: product.packages,
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(0, "localhost", () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
