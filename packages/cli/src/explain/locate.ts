import { existsSync } from "node:fs"
import { callsOf, type FoundCall } from "../sources/project-files.ts"
import {
  lineAt,
  nodesOf,
  placeOf,
  propertyOf,
  stringOf,
  type SyntaxNode,
  type TypeScriptFile,
  valueOf,
} from "../sources/typescript-file.ts"

const placed = (file: TypeScriptFile, node: SyntaxNode): string => placeOf(file.path, lineAt(file.text, node.start))

/**
 * Where a mistake of a definition was made: "sales.Order.customer refers to …" is about a line of the contract,
 * `sales.Order: the grant to …` about one of the logic.
 *
 * @param files The sources of the program.
 */
export function locateMistake(mistake: string, files: readonly string[]): string | undefined {
  const [, service, model, member, after] =
    /^(?:logic\(")?([a-z][A-Za-z0-9]*)\.([A-Z][A-Za-z0-9]*)(?:\.([a-z][A-Za-z0-9]*))?(.?)/.exec(mistake) ?? []
  if (service === undefined || model === undefined) return undefined
  const sources = files.filter((file) => file.endsWith(".ts") && existsSync(file))
  const inLogic = (): string | undefined => logicPlace(sources, `${service}.${model}`, quoted(mistake))
  const inContract = (): string | undefined => contractPlace(sources, service, model, member)
  const isAboutLogic = member === undefined && (after === ":" || mistake.startsWith("logic("))
  return isAboutLogic ? (inLogic() ?? inContract()) : (inContract() ?? inLogic())
}

/** The names that a mistake quotes, and the roles it names. */
function quoted(mistake: string): readonly string[] {
  const texts = [...mistake.matchAll(/"([^"]+)"/g)].map(([, text]) => text as string)
  const roles = [...mistake.matchAll(/\b(?:grant|role)(?: to)? "?([a-z]\w*\.\w+)/g)].map(([, role]) => role as string)
  return [
    ...texts,
    ...roles,
    ...[...mistake.matchAll(/\b(?:rollup|compute|suggest) (\w+)/g)].map(([, f]) => f as string),
  ]
}

function contractPlace(
  files: readonly string[],
  service: string,
  model: string,
  member: string | undefined,
): string | undefined {
  const [found] = callsOf(files, "contract", service)
  if (found === undefined) return undefined
  const { file, call, arguments: given } = found
  const models = valueOf(given[1], "models")
  const entry = propertyOf(models, model)
  const members = (valueOf(models, model)?.["arguments"] as readonly SyntaxNode[] | undefined)?.[0]
  const at = (member === undefined ? undefined : propertyOf(members, member)) ?? entry ?? call
  return placed(file, at)
}

/** The place in a model's logic where one of these names stands as text, or the logic itself. */
function logicPlace(files: readonly string[], model: string, names: readonly string[]): string | undefined {
  const found = callsOf(files, "logic", model)
  for (const name of names) {
    for (const each of found) {
      for (const node of nodesOf(chainOf(each))) {
        const isName = stringOf(node) === name && node !== each.arguments[0]
        const isKey = node.type === "Property" && (node["key"] as SyntaxNode)["name"] === name
        if (isName || isKey) return placed(each.file, node)
      }
    }
  }
  const [first] = found
  return first && placed(first.file, first.call)
}

/** The whole statement that begins with the call: `logic("x").check(…).grant(…)`. */
function chainOf({ file, call }: FoundCall): SyntaxNode {
  const statements = file.program["body"] as readonly SyntaxNode[]
  return statements.find(({ start, end }) => start <= call.start && call.end <= end) ?? call
}
