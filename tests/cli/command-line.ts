/**
 * The real command line as a child process, from the sources, in a directory elsewhere.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const repository = fileURLToPath(new URL("../..", import.meta.url))
export const executable = join(repository, "packages/cli/bin/archipel.mjs")
const fromSources = ["--conditions=@archipel/source", executable]

/** Without what vitest and npm tell their children. */
function environment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|DATABASE_URL|FORCE_COLOR)/.test(name),
  )
  return { ...Object.fromEntries(kept), ...extra }
}

export interface Said {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `archipel …` to its end. */
export function archipel(
  cwd: string,
  args: readonly string[],
  { input = "", env = {} }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Said {
  const done = spawnSync(process.execPath, [...fromSources, ...args], {
    cwd,
    input,
    env: environment(env),
    encoding: "utf8",
    timeout: 120_000,
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

export interface Folder extends Disposable {
  readonly path: string
}

/** A directory that is gone afterwards. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "archipel-cli-"))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** A project as `archipel new --no-login` makes it, with this repository's packages. */
export function newProject(folder: Folder, name = "shop"): string {
  const made = archipel(folder.path, ["new", name, "--no-login", "--no-install"])
  if (made.code !== 0) throw new Error(made.err)
  const path = join(folder.path, name)
  symlinkSync(join(repository, "node_modules"), join(path, "node_modules"))
  return path
}

const DEADLINE_MS = 60_000
const POLL_MS = 10

/** `archipel dev` in a project, on a free port. */
export interface RunningDev extends AsyncDisposable {
  /** Waits for the text after what was seen last. @returns everything from there to the end of the match. */
  sees(pattern: RegExp): Promise<string>
  stop(signal?: NodeJS.Signals): Promise<number | null>
  readonly pid: number
}

export function startDev(
  cwd: string,
  args: readonly string[] = ["--port", "0"],
  env: NodeJS.ProcessEnv = {},
): RunningDev {
  const child: ChildProcess = spawn(process.execPath, [...fromSources, "dev", ...args], {
    cwd,
    env: environment(env),
    stdio: ["ignore", "pipe", "pipe"],
  })
  let text = ""
  let seen = 0
  const gone = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)))
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
    })
  const stop = (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    child.kill(signal)
    return gone
  }
  return {
    pid: child.pid ?? 0,
    async sees(pattern) {
      const deadline = Date.now() + DEADLINE_MS
      for (;;) {
        const found = pattern.exec(text.slice(seen))
        if (found) {
          const from = seen
          seen += found.index + found[0].length
          return text.slice(from, seen)
        }
        if (Date.now() > deadline || child.exitCode !== null)
          throw new Error(`${pattern} did not come; there was:\n${text.slice(seen)}`)
        await delay(POLL_MS)
      }
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
    },
  }
}
