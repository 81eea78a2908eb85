/**
 * The three files of an adopted service.
 *
 * @module
 */
import type { PlannedMember, PlannedModel, PlannedService } from "./plan-service.ts"

const WIDTH = 120

/** An import of names, on one line if it fits. */
function importLine(names: readonly string[], from: string): string {
  const sorted = [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
  const line = `import { ${sorted.join(", ")} } from "${from}"`
  return line.length <= WIDTH ? line : `import {\n${sorted.map((name) => `  ${name},`).join("\n")}\n} from "${from}"`
}

const comment = (text: string | undefined, indent: string): string => {
  if (text === undefined) return ""
  const lines = text.replaceAll("*/", "* /").split(/\r?\n/)
  return lines.length === 1
    ? `${indent}/** ${lines[0]} */\n`
    : `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`
}

/** A member; the arguments of its first call below each other, or its calls, where the line is too long. */
function memberText({ name, code, comment: about }: PlannedMember): string {
  const indent = " ".repeat(8)
  const line = `${indent}${name}: ${code},`
  if (line.length <= WIDTH) return comment(about, indent) + line
  const end = firstCallEnd(code)
  const [call, rest] = [code.slice(0, end), code.slice(end)]
  const choices = /^choice\((.*)\)$/.exec(call)?.[1]
  if (choices !== undefined) {
    const values = [...choices.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g)].map(([value]) => `${indent}  ${value},`)
    return `${comment(about, indent)}${indent}${name}: choice(\n${values.join("\n")}\n${indent})${rest},`
  }
  const through = /^\.through\(\{ (.*) \}\)$/.exec(rest)?.[1]
  if (through !== undefined) {
    const parts = through.split(/, (?=[a-z]+: )/).map((part) => `${indent}  ${part},`)
    return `${comment(about, indent)}${indent}${name}: ${call}.through({\n${parts.join("\n")}\n${indent}}),`
  }
  const calls = callsIn(rest).map((each) => `${indent}  ${each}`)
  return `${comment(about, indent)}${indent}${name}: ${call}\n${calls.join("\n")},`
}

/** Where the parenthesis of the first call closes. */
function firstCallEnd(code: string): number {
  let depth = 0
  let quote: string | undefined
  for (let at = 0; at < code.length; at++) {
    const letter = code[at]
    if (letter === "\\") at++
    else if (quote !== undefined) quote = letter === quote ? undefined : quote
    else if (letter === '"' || letter === "'") quote = letter
    else if (letter === "(") depth++
    else if (letter === ")" && --depth === 0) return at + 1
  }
  return code.length
}

function callsIn(rest: string): string[] {
  const calls: string[] = []
  for (let left = rest; left !== ""; ) {
    const end = firstCallEnd(left)
    calls.push(left.slice(0, end))
    left = left.slice(end)
  }
  return calls
}

function modelText({ name, members, options, comment: about }: PlannedModel): string {
  const given = Object.entries(options).map(([option, value]) => `${option}: ${value}`)
  const line = `      { ${given.join(", ")} },`
  const object =
    line.length <= WIDTH ? line : `      {\n${given.map((each) => `        ${each},`).join("\n")}\n      },`
  return `${comment(about, "    ")}    ${name}: model(\n      {\n${members.map(memberText).join("\n")}\n      },\n${object}\n    ),`
}

export const contractText = ({ service, models }: PlannedService): string => {
  const builders = new Set(models.flatMap(({ members }) => members.map(({ builder }) => builder)))
  return `${importLine(["contract", "model", ...builders], "@archipel/core")}

/** Made from an existing database by \`archipel adopt\`, and yours from now on: its tables are never altered. */
export const ${service} = contract("${service}", {
  roles: ["administrator"],
  models: {
${models.map(modelText).join("\n")}
  },
})
declare module "@archipel/core" {
  interface Contracts {
    ${service}: typeof ${service}
  }
}
`
}

/** Closed for everybody but an administrator. */
export function logicText({ service, models }: PlannedService): string {
  const own = models.filter(({ owned }) => !owned)
  const grants = own.map(({ name, readOnly }) => {
    const operations = readOnly ? '["read"]' : '"all"'
    return `  logic("${service}.${name}").grant("${service}.administrator", ${operations}, "all"),`
  })
  const one = `[${grants.map((grant) => grant.trim().replace(/,$/, "")).join(", ")}]`
  const line = `export const ${service}Logic = ${one}`
  const list = line.length <= WIDTH ? line : `export const ${service}Logic = [\n${grants.join("\n")}\n]`
  return `import { logic } from "@archipel/core"
import "./contract.ts"

/** Who may do what: nobody but an administrator, until you say otherwise. Lines follow their parents. */
${list}
`
}

export const serviceText = ({ service }: PlannedService): string => `import { service } from "@archipel/server"
import { ${service}Logic } from "./logic.ts"

export const ${service} = service("${service}", { logic: ${service}Logic })
`
