import { existsSync, readFileSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { type ContractDefinition, isRecord } from "@archipel/core"
import { Failure } from "../failure.ts"
import { installedFolder } from "./contract-packages.ts"
import { fileOfTarball } from "./tarball.ts"

const ANSWER_MS = 10_000
const MAX_BYTES = 10_000_000

/** Whether it has the parts that a comparison looks at. */
const isContract = (value: unknown): value is ContractDefinition =>
  isRecord(value) &&
  typeof value["name"] === "string" &&
  Array.isArray(value["roles"]) &&
  isRecord(value["models"]) &&
  Object.values(value["models"]).every(
    (model) =>
      isRecord(model) &&
      isRecord(model["members"]) &&
      isRecord(model["actions"]) &&
      Array.isArray(model["unique"]) &&
      isRecord(model["checks"]),
  )

/**
 * A contract as `archipel contract export` wrote it: of a directory, a tarball, a contract.json, an installed package, or the address of
 * one of these files.
 *
 * @throws Failure
 */
export async function readContract(named: string, project: string): Promise<ContractDefinition> {
  const text = await textOf(named, project)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Said below, with everything else that is no contract.
  }
  if (isContract(value)) return value
  throw new Failure(`${named} holds no contract.`, { hint: "A contract is what `archipel contract export` writes." })
}

async function textOf(named: string, project: string): Promise<string> {
  if (/^https?:\/\//.test(named)) {
    const bytes = await download(named)
    return /\.t(?:ar\.)?gz$/.test(new URL(named).pathname) ? inTarball(named, bytes) : bytes.toString("utf8")
  }
  const path = resolve(named)
  const isThere = existsSync(path)
  if (isThere && statSync(path).isFile())
    return /\.t(?:ar\.)?gz$/.test(path) ? inTarball(named, readFileSync(path)) : readFileSync(path, "utf8")
  const folder = isThere ? path : installedFolder(project, named)
  const file = folder && join(folder, "contract.json")
  if (file && existsSync(file)) return readFileSync(file, "utf8")
  throw new Failure(
    folder ? `${named} has no contract.json.` : `There is no file, directory or installed package ${named}.`,
    {
      hint: "Name what `archipel contract export` wrote: its directory, the tarball that npm pack made of it, or a package that is installed.",
    },
  )
}

function inTarball(named: string, bytes: Buffer): string {
  const text = fileOfTarball(bytes, "package/contract.json")
  if (text === undefined) throw new Failure(`${named} has no contract.json.`)
  return text
}

async function download(address: string): Promise<Buffer> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) })
    if (!answer.ok) throw new Failure(`${address} answered ${answer.status}.`)
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (bytes.length > MAX_BYTES) throw new Failure(`${address} is larger than ${MAX_BYTES} bytes.`)
    return bytes
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`${address} could not be read.`, { cause: error, hint: String((error as Error).message) })
  }
}
