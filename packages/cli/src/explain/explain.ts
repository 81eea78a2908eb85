import { existsSync, readFileSync } from "node:fs"
import { dirname, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { type ArchipelError, DefinitionError, errorAdvice, kindOf } from "@archipel/core"
import { lineAt, placeOf, readTypeScript } from "../sources/typescript-file.ts"
import type { Complaint } from "./complaint.ts"
import { locateMistake } from "./locate.ts"
import { stackPlace } from "./stack-place.ts"

const WHOLE_STACK = "ARCHIPEL_STACK=1 before the command shows the whole stack."

/**
 * What a program's failure means: each thing that is wrong with its place, one sentence, and what to do.
 *
 * @param files The sources of the program, to find places in.
 */
export function explain(error: unknown, files: readonly string[] = []): readonly Complaint[] {
  if (!(error instanceof Error)) return [{ says: `The program threw ${String(error)}.`, hint: WHOLE_STACK }]
  // By name, since the program may have its own copy of core.
  if (error instanceof DefinitionError || error.name === "DefinitionError")
    return [...new Set((error as DefinitionError).mistakes)].map((mistake) => explainMistake(mistake, files))
  if (error.name === "ArchipelError") return explainArchipelError(error as ArchipelError, files)
  if (error instanceof SyntaxError) return [explainSyntax(error)]
  const { code } = error as NodeJS.ErrnoException
  if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return [explainMissing(error)]
  if (code === "EADDRINUSE") return [explainPort(error)]
  const place = stackPlace(error.stack)
  const name = error.name === "Error" ? "" : `${error.name}: `
  return [{ ...(place ? { place } : {}), says: `${name}${sentence(error.message)}`, hint: WHOLE_STACK }]
}

const sentence = (text: string): string => {
  const line = text.trim().split("\n")[0] ?? ""
  return /[.!?:]$/.test(line) ? line : `${line}.`
}

/** Where the advice of a mistake's sentence begins. */
const ADVICE = /[;:] (?=(?:add|check|choose|give|import|leave|name|one|say|use|write) )/

function explainMistake(mistake: string, files: readonly string[]): Complaint {
  const at = ADVICE.exec(mistake)
  const place = locateMistake(mistake, files)
  const advice = at ? mistake.slice(at.index + 2) : undefined
  return {
    ...(place ? { place } : {}),
    says: at ? `${mistake.slice(0, at.index)}.` : sentence(mistake),
    ...(advice ? { hint: advice.charAt(0).toUpperCase() + advice.slice(1) } : {}),
  }
}

const archipelHints: Readonly<Record<string, string>> = {
  "postgres.directory_in_use": "Another `archipel dev` runs here: stop it, or give this one its own data (--data DIR).",
  "postgres.start_failed": "If the data may go, begin anew with `archipel dev --fresh`.",
  "database.unavailable": "Start the server that DATABASE_URL names, or unset it to use the one that comes along.",
  "auth.development_only": "Unset NODE_ENV, or give the program an identity service.",
}

function explainArchipelError(error: ArchipelError, files: readonly string[]): readonly Complaint[] {
  if (error.code === "schema.refused") {
    const { refused } = error.details as { refused: readonly { what: string; why: string; hint: string }[] }
    return refused.map(({ what, why, hint }) => {
      const place = locateMistake(what, files)
      return { ...(place ? { place } : {}), says: `${what}: ${sentence(why)}`, hint }
    })
  }
  const advice =
    error.code.startsWith("migration.") || error.code.startsWith("schema.") ? errorAdvice[error.code] : undefined
  const hint = archipelHints[error.code] ?? advice
  return [{ says: `${error.code}: ${kindOf(error.code).detail(error.details)}`, ...(hint ? { hint } : {}) }]
}

const typescriptHints: readonly (readonly [RegExp, string])[] = [
  [/enum is not supported/, 'Use a union of texts instead: type Size = "small" | "large".'],
  [/namespace/, "Use a module (a file) instead of a namespace."],
  [/parameter property/, "Declare the field in the class and set it in the constructor."],
  [
    /decorator/i,
    "Node runs TypeScript by leaving its types out; decorators are more than types. Call the function instead.",
  ],
]

function explainSyntax(error: SyntaxError): Complaint {
  const [first = ""] = (error.stack ?? "").split("\n")
  const [, url, line] = /^(file:\/\/.+):(\d+)$/.exec(first) ?? []
  const path = url === undefined ? undefined : fileURLToPath(url)
  const unknownExport = /requested module '([^']+)' does not provide an export named '([^']+)'/.exec(error.message)
  if (unknownExport) {
    const [, module, name] = unknownExport
    return {
      ...(path ? { place: placeOf(path, Number(line)) } : {}),
      says: `${module} exports no "${name}".`,
      hint: `Check the name; if it is a type, import it as one: import type { ${name} } from "${module}".`,
    }
  }
  // The parser of the editor's kind says it better than the one that strips types, and where.
  const parsed = path !== undefined && existsSync(path) ? readTypeScript(path) : undefined
  if (parsed?.error) {
    return {
      place: placeOf(parsed.path, lineAt(parsed.text, parsed.error.offset)),
      says: sentence(parsed.error.message),
      hint: "Correct it; what runs before is not changed.",
    }
  }
  const hint = typescriptHints.find(([pattern]) => pattern.test(error.message))?.[1]
  return {
    ...(path ? { place: placeOf(path, Number(line)) } : {}),
    says: sentence(error.message),
    hint: hint ?? "Node runs TypeScript by leaving its types out: only what disappears with them is allowed.",
  }
}

function explainMissing(error: Error): Complaint {
  const [, kind, wanted = "", from] =
    /^Cannot find (module|package) '([^']+)' imported from (.+)$/.exec(error.message) ?? []
  if (from === undefined) return { says: sentence(error.message) }
  const importer = from.startsWith("file:") ? fileURLToPath(from) : from
  if (!existsSync(importer)) return { says: sentence(error.message) }
  const own = kind === "module" ? relative(dirname(importer), wanted).replaceAll("\\", "/") : wanted
  const written = kind === "module" && !own.startsWith(".") ? `./${own}` : own
  const text = readFileSync(importer, "utf8")
  const at = text.search(new RegExp(`["']${written.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}["']`))
  const place = placeOf(importer, at < 0 ? 1 : lineAt(text, at))
  if (kind === "package")
    return {
      place,
      says: `The package "${wanted}" is not installed.`,
      hint: `If the name is right: npm install ${wanted}`,
    }
  const ending = [".ts", "/index.ts", ".js"].find((each) => existsSync(wanted + each))
  const typescript = wanted.replace(/\.js$/, ".ts")
  const meant = ending ? `${written}${ending}` : existsSync(typescript) ? written.replace(/\.js$/, ".ts") : undefined
  return {
    place,
    says: `There is no file ${written}.`,
    hint: meant ? `Imports name the file with its ending: "${meant}".` : "Check the name and the directory.",
  }
}

function explainPort(error: Error): Complaint {
  const { port } = error as { port?: number }
  return {
    says: port === undefined ? "The port is in use by another program." : `Port ${port} is in use by another program.`,
    hint: `Stop that program, or take another port: --port ${port === undefined ? 4001 : port + 1} (0 takes any free one).`,
  }
}
