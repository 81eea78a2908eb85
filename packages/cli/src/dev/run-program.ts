/**
 * The process that `archipel dev` starts: loads the program, tells its parent which files that took, and says in words
 * why it failed.
 *
 * @module
 */
import { pathToFileURL } from "node:url"
import { complain } from "../explain/complaint.ts"
import { processTerminal } from "../terminal.ts"
import { noteLoadedFiles } from "./loaded-files.ts"

/** From the child to `archipel dev`. */
export interface ProgramNews {
  readonly files?: readonly string[]
  readonly ready?: true
}

const [main = ""] = process.argv.slice(2)
process.argv.splice(1, 1)

const tell = (news: ProgramNews): void => {
  if (process.connected) process.send?.(news)
}
let unsent: string[] = []
const sendFiles = (): void => {
  if (unsent.length > 0) tell({ files: unsent })
  unsent = []
}
const { files } = noteLoadedFiles((file) => {
  if (unsent.push(file) === 1) setImmediate(sendFiles)
})

async function fail(error: unknown): Promise<never> {
  sendFiles()
  await complain(error, processTerminal, [...files])
  process.exit(1)
}

process.on("uncaughtException", fail)
// Without its parent it would go on unseen, and hold the port.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"))

try {
  // Only now, so that its own files are noted too.
  const { takeStartFailures } = await import("@archipel/server")
  takeStartFailures()
  await import(pathToFileURL(main).href)
  sendFiles()
  tell({ ready: true })
} catch (error) {
  await fail(error)
}
