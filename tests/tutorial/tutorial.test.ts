import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { missingLine, type Step, stepsOf } from "./markdown-steps.ts"
import { type PackedProduct, packProduct } from "./packed-product.ts"
import { type Background, inBackground, openShell, type Shell } from "./shell.ts"

const repository = fileURLToPath(new URL("../..", import.meta.url))
const page = (name: string): string => readFileSync(join(repository, "docs/tutorial", name), "utf8")

let product: PackedProduct
beforeAll(() => {
  product = packProduct()
}, 600_000)
afterAll(() => {
  rmSync(product.folder, { recursive: true, force: true })
})

test("what the tutorial says works, from the first command to the last", { timeout: 1_200_000 }, async () => {
  const port = await freePort()
  const env = readersEnvironment(port)
  await using shell = openShell(product.workplace, env)
  await using reader = new Reader(shell, env, product.workplace, port)
  for (const step of stepsOf(page("README.md"))) await reader.take(step)
})

/** Someone who follows a page to the letter, on another port. */
class Reader implements AsyncDisposable {
  readonly #shell: Shell
  readonly #env: NodeJS.ProcessEnv
  readonly #port: number
  #folder: string
  #said = ""
  #server: Background | undefined

  constructor(shell: Shell, env: NodeJS.ProcessEnv, folder: string, port: number) {
    this.#shell = shell
    this.#env = env
    this.#folder = folder
    this.#port = port
  }

  async take(step: Step): Promise<void> {
    const at = `tutorial, line ${step.line}`
    if (step.kind === "run" && step.background) {
      this.#server = inBackground(this.#here(step.script), this.#folder, this.#env)
      this.#said = await this.#server.sees(/ready http/)
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
      writeFileSync(path, step.text)
      if (!path.endsWith(".test.ts")) await this.#settled()
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
    return text.replaceAll("localhost:4000", `localhost:${this.#port}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }
}

/** Without anything of this repository: its Node, its conditions, its npm settings. */
function readersEnvironment(port: number): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:npm_|NODE_|VITEST|TEST|DATABASE_URL|INIT_CWD|FORCE_COLOR)/i.test(name) || name === "npm_config_registry",
  )
  const path = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"))
  return { ...Object.fromEntries(kept), PATH: path.join(":"), PORT: String(port), ARCHIPEL_PACKAGES: product.packages }
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
