import { existsSync, readdirSync, statSync } from "node:fs"
import { basename, join, relative, resolve } from "node:path"
import {
  allUses,
  compareContracts,
  type ContractDefinition,
  type ContractDifference,
  type ContractUses,
  harmfulTo,
  knownContracts,
} from "@archipel/core"
import { type Command, readArguments } from "../command.ts"
import { mainFile } from "../dev/dev.ts"
import { Failure } from "../failure.ts"
import { type LoadedProgram, loadProgram, withProgram } from "../load-program.ts"
import { projectFolder } from "../sources/project-files.ts"
import type { Terminal } from "../terminal.ts"
import { exportedIn } from "./export.ts"
import { readContract } from "./read-contract.ts"
import { readUsesFile, type ServiceUses, usesOfProgram } from "./service-uses.ts"

/** `archipel contract check`: whether a contract still fits those who use it. */
export const checkContract: Command = {
  name: "check",
  usage: "archipel contract check [CONTRACT] [--main FILE] [--uses PATH]",
  summary: "compare contracts with what is used of them",
  help: `  CONTRACT is what \`archipel contract export\` wrote: its directory, a tarball, a contract.json, an installed package, or the address
  of one of these files.

  Of a neighbour, it is compared with the contract that this project has installed: refused is what one of its services uses.
  Of an own service, or without CONTRACT of all that were exported to contracts/, the release is compared with the contract as it is
  now: refused is what somebody uses who has a file in contracts/uses. As long as nobody has one, everything that may break
  somebody is refused. Exit code 1 says that something was refused.

  --main FILE  the program (main.ts)
  --uses PATH  uses.json of consumers, a file or a directory of such files (contracts/uses)`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const options = { main: { type: "string" }, uses: { type: "string" } } as const
      const given = readArguments(checkContract, args, options, { min: 0, max: 1 })
      const project = projectFolder()
      const program = await loadProgram(mainFile(given.text("main")))
      const [named] = given.positionals
      const all = usesOfProgram(program)
      const consumersOf = () => consumers(given.text("uses"), project)
      if (named === undefined) return checkOwn(exportedContracts(project, program), all, consumersOf(), terminal)
      const contract = await readContract(named, project)
      if (program.services.some(({ name }) => name === contract.name))
        return checkOwn([contract], all, consumersOf(), terminal)
      return checkNeighbour(contract, all, terminal)
    }),
}

const versionOf = ({ name, version }: ContractDefinition): string =>
  `${name}${version === undefined ? "" : ` ${version}`}`
const lines = (differences: readonly ContractDifference[], indent = "  "): string =>
  differences.map(({ words }) => `${indent}- ${words}\n`).join("")
const near = (path: string): string => relative(process.cwd(), path)

/** A neighbour's next contract, and the services of this program. */
function checkNeighbour(newer: ContractDefinition, services: readonly ServiceUses[], { out, err }: Terminal): number {
  const older = knownContracts().get(newer.name)
  if (older === undefined)
    throw new Failure(`This program knows no contract of ${newer.name}.`, {
      hint: "Its contracts are those that its files import. `archipel add neighbour` adds one.",
    })
  const differences = compareContracts(older, newer)
  let isRefused = false
  for (const { service, file, committed, current } of services) {
    const harmful = harmfulTo(differences, allUses([current.declared, current.recorded]))
    if (harmful.length > 0) {
      isRefused = true
      err.write(
        `${versionOf(newer)} does not fit ${service}, which was built with ${versionOf(older)} and uses what changed:\n${lines(harmful)}`,
      )
    }
    if (file !== undefined && committed && !saysTheSame(committed.declared, current.declared)) {
      isRefused = true
      err.write(
        `${near(file)} does not say what ${service} uses: write it with \`archipel contract uses --write\` and commit it.\n`,
      )
    }
  }
  if (isRefused) return 1
  const count = `${differences.length} ${differences.length === 1 ? "difference" : "differences"}`
  out.write(
    differences.length === 0
      ? `${versionOf(newer)} is the contract that is installed here.\n`
      : `${versionOf(newer)} fits: ${count} from ${versionOf(older)}, none in what is used here.\n${lines(differences)}`,
  )
  return 0
}

const saysTheSame = (one: ContractUses, other: ContractUses): boolean =>
  JSON.stringify(allUses([one])) === JSON.stringify(allUses([other]))

interface Consumer {
  readonly name: string
  readonly uses: ContractUses
}

/** What this project's contracts were when they were released, against what they are now. */
function checkOwn(
  released: readonly ContractDefinition[],
  services: readonly ServiceUses[],
  told: readonly Consumer[],
  { out, err }: Terminal,
): number {
  const own = services.map(({ service, current }): Consumer => {
    return { name: service, uses: allUses([current.declared, current.recorded]) }
  })
  let isRefused = false
  for (const older of released) {
    const newer = knownContracts().get(older.name) as ContractDefinition
    const differences = compareContracts(older, newer)
    const breaking = differences.filter((each) => each.breaking)
    const harmed = [...own, ...told].flatMap(({ name, uses }) => {
      const harmful = harmfulTo(differences, uses)
      return harmful.length === 0 ? [] : [{ name, harmful }]
    })
    if (harmed.length > 0) {
      isRefused = true
      err.write(`${older.name} as it is now breaks who uses ${versionOf(older)}:\n`)
      for (const { name, harmful } of harmed) err.write(`  ${name}\n${lines(harmful, "    ")}`)
    } else if (told.length === 0 && breaking.length > 0) {
      isRefused = true
      err.write(
        `${older.name} as it is now may break who uses ${versionOf(older)}, and nobody has said what they use (contracts/uses/*.json):\n${lines(breaking)}`,
      )
    } else {
      out.write(`${older.name} as it is now fits who uses ${versionOf(older)}.\n${lines(differences)}`)
    }
  }
  return isRefused ? 1 : 0
}

/** The own contracts that were exported where `archipel contract export` puts them. */
function exportedContracts(project: string, { services }: LoadedProgram): readonly ContractDefinition[] {
  const found = services.flatMap(({ name }) => exportedIn(join(project, "contracts", name)) ?? [])
  if (found.length > 0) return found
  throw new Failure("There is nothing to compare with: no contract of this project was exported to contracts/.", {
    hint: "Export one with `archipel contract export SERVICE`, or name the contract of a neighbour.",
  })
}

function consumers(named: string | undefined, project: string): readonly Consumer[] {
  const path = resolve(named ?? join(project, "contracts", "uses"))
  if (!existsSync(path)) {
    if (named === undefined) return []
    throw new Failure(`There is no ${named}.`)
  }
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith(".json"))
        .toSorted()
        .map((name) => join(path, name))
    : [path]
  return files.map((file) => {
    const { service, declared, recorded } = readUsesFile(file)
    return { name: `${service} (${basename(file)})`, uses: allUses([declared, recorded]) }
  })
}
