/**
 * Whether a process lives, and whether it is still the same one: a process id alone is reused by the system.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

/**
 * What tells the process `pid` from every other that had or will have this id: the boot and the start time in it.
 *
 * `undefined` when there is no such process, or only its unreaped remains. Costs two small file reads on Linux, a
 * child process elsewhere (tens of milliseconds on macOS, some hundred on Windows).
 */
export function processIdentity(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined
  switch (process.platform) {
    case "linux":
      return linuxIdentity(pid)
    case "win32":
      return askProgram("powershell", ["-NoProfile", "-Command", `(Get-Process -Id ${pid}).StartTime.Ticks`])
    default:
      return askProgram("ps", ["-o", "lstart=", "-p", String(pid)])
  }
}

/** Whether the process that once had `identity` still runs. */
export const isSameProcess = (pid: number, identity: string): boolean => processIdentity(pid) === identity

/** Whether a process with this id runs at all: for frequent looks, since elsewhere than on Linux it costs nothing. */
export const isRunning = (pid: number): boolean =>
  process.platform === "linux" ? linuxIdentity(pid) !== undefined : isAlive(pid)

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

function linuxIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The command's name is in parentheses and may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    // A container whose first process reaps nobody keeps dead servers as zombies.
    if (fields[0] === "Z" || fields[0] === "X") return undefined
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()
    return `${boot}/${fields[19]}`
  } catch {
    return undefined
  }
}

function askProgram(program: string, args: readonly string[]): string | undefined {
  try {
    const answer = execFileSync(program, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 10_000,
      env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    })
    return answer.trim() || undefined
  } catch {
    return undefined
  }
}
