import assert from "node:assert/strict"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { allUses, type ContractUses } from "@archipel/core"
import { parseUses, type UsesFile, usesText } from "../contracts/uses-file.ts"

/**
 * That what a service asked of its neighbours in a test is in its committed `uses.json`; with `UPDATE_USES=1` it is added to it.
 *
 * @throws AssertionError that says what is not there
 */
export function expectUses(service: string, seen: ContractUses, file: URL): void {
  const known = read(service, file)
  if (process.env["UPDATE_USES"] === "1") {
    const { declared, recorded } = known
    if (missing(declared, recorded, seen).length > 0)
      writeFileSync(file, usesText({ ...known, recorded: allUses([recorded, seen]) }))
    return
  }
  assert.deepEqual(
    missing(known.declared, known.recorded, seen),
    [],
    `${service} uses what ${fileURLToPath(file)} does not say. If it is meant so, run the test with UPDATE_USES=1, and review the difference: owners of these contracts go by it.`,
  )
}

function read(service: string, file: URL): UsesFile {
  const none = { service, builtWith: {}, declared: {}, recorded: {} }
  if (!existsSync(file)) return none
  const found = parseUses(readFileSync(file, "utf8"))
  assert.ok(
    found,
    `${fileURLToPath(file)} does not say what a service uses: \`archipel contract uses --write\` writes it.`,
  )
  return found
}

/** "crm.Customer reads city" */
const linesOf = (uses: ContractUses): readonly string[] =>
  Object.entries(uses).flatMap(([model, { reads, creates, writes, calls }]) => [
    model,
    ...reads.map((name) => `${model} reads ${name}`),
    ...(creates ? [`${model} creates`] : []),
    ...writes.map((name) => `${model} writes ${name}`),
    ...calls.map((name) => `${model} calls ${name}`),
  ])

function missing(declared: ContractUses, recorded: ContractUses, seen: ContractUses): readonly string[] {
  const known = new Set(linesOf(allUses([declared, recorded])))
  return linesOf(seen).filter((line) => !known.has(line))
}
