/**
 * A terminal of the tutorial's reader: commands one after the other in one shell, and a program in a second one.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { setTimeout as delay } from "node:timers/promises"

const BLOCK_DEADLINE_MS = 300_000
const POLL_MS = 20

/** Everything that a process has written so far, to standard output and to standard error. */
class Output {
  text = ""
  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.text += chunk
      })
  }
}

async function until<Value>(what: string, output: Output, look: () => Value | undefined): Promise<Value> {
  const deadline = Date.now() + BLOCK_DEADLINE_MS
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`${what} did not come in time; there was:\n${output.text}`)
    await delay(POLL_MS)
  }
}

export interface Shell extends AsyncDisposable {
  /** Runs commands; the directory and variables stay for the next ones. @returns what they wrote. @throws if one fails */
  run(script: string): Promise<string>
}

export function openShell(cwd: string, env: NodeJS.ProcessEnv): Shell {
  const child = spawn("bash", ["--noprofile", "--norc"], { cwd, env, stdio: ["pipe", "pipe", "pipe"] })
  const output = new Output(child)
  child.stdin.write("exec 2>&1\nset -o pipefail\ntrap 'echo \"__failed__ $BASH_COMMAND\"' ERR\n")
  let blocks = 0
  return {
    async run(script) {
      const start = output.text.length
      const mark = `__done_${++blocks}__`
      child.stdin.write(`${script}\necho\necho ${mark}\n`)
      const end = await until(script, output, () => {
        const at = output.text.indexOf(mark, start)
        return at < 0 ? undefined : at
      })
      const said = output.text.slice(start, end)
      if (said.includes("__failed__")) throw new Error(`${script}\nfailed:\n${said}`)
      return said
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit")
      child.stdin.end()
      await gone
    },
  }
}

export interface Background extends AsyncDisposable {
  /** Where the last `mark` was, or the beginning. */
  mark(): void
  /** Waits for the text after the mark. @returns all that came after the mark until now. */
  sees(pattern: RegExp): Promise<string>
}

/** A program that runs until it is disposed of, as with Ctrl-C. */
export function inBackground(script: string, cwd: string, env: NodeJS.ProcessEnv): Background {
  // A group of its own, which a terminal's Ctrl-C would reach as a whole.
  const child = spawn("bash", ["-c", script], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] })
  const output = new Output(child)
  let from = 0
  return {
    mark() {
      from = output.text.length
    },
    async sees(pattern) {
      await until(String(pattern), output, () => (pattern.test(output.text.slice(from)) ? true : undefined))
      return output.text.slice(from)
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.pid === undefined) return
      const gone = once(child, "close")
      process.kill(-child.pid, "SIGINT")
      await gone
    },
  }
}
