/**
 * Which package may import what.
 *
 * @module
 */
import { packageOf, type SourceFile } from "./source-file.ts"

/** The packages of the product, each with those it may import. A new one needs a decision record and a row here. */
export const direction: Readonly<Record<string, readonly string[]>> = {
  core: [],
  client: ["core"],
  admin: ["client", "core"],
  connectors: ["core"],
  data: ["core"],
  server: ["data", "core"],
  identity: ["server", "data", "core"],
  // Of the admin where its files are, nothing that runs: `onlyAssets`.
  gateway: ["admin", "server", "data", "core"],
  cli: ["gateway", "identity", "server", "data", "core"],
}

/** Libraries that one package keeps to itself, by what it means to import them. */
const exclusive: readonly { readonly library: RegExp; readonly owner: string; readonly meaning: string }[] = [
  { library: /^(pg|pg-.+|kysely)$/, owner: "data", meaning: "only data speaks SQL" },
  { library: /^(hono|@hono\/.+)$/, owner: "server", meaning: "only server knows the HTTP library" },
]

const runsInBrowser = new Set(["core", "client"])

/** The one module of the admin that Node may load. */
const onlyAssets = "@archipel/admin/assets"

/** The part of a package.json that the rules read. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || /^packages\/[^/]+\/test\//.test(path)
}

/** Violations by one file of a package: of the direction, of another's library, of the browser, of its declared dependencies. */
export function importViolations(file: SourceFile, own: Manifest, root: Manifest): readonly string[] {
  const name = own.name.replace("@archipel/", "")
  const allowed = direction[name]
  if (allowed === undefined) return [`${file.path}: package ${own.name} has no row in the table of directions`]
  const test = isTest(file.path)
  const violations: string[] = [...undeclared(file, own, root)]
  for (const specifier of file.imports) {
    if (specifier.startsWith("node:") && runsInBrowser.has(name) && !test)
      violations.push(`${file.path} imports ${specifier}, but ${name} runs in a browser`)
    if (specifier.startsWith(".") && leavesPackage(file.path, specifier) && !test)
      violations.push(`${file.path} imports ${specifier}, a file of another package`)
    const target = packageOf(specifier)
    if (target === undefined) continue
    const ours = target.startsWith("@archipel/") ? target.slice("@archipel/".length) : undefined
    if (ours !== undefined && ours !== name && !allowed.includes(ours))
      violations.push(
        `${file.path} imports ${target}, but ${name} may import ${allowed.join(", ") || "no other package"}`,
      )
    if (target === "@archipel/admin" && name !== "admin" && specifier !== onlyAssets)
      violations.push(`${file.path} imports ${specifier}, but of the admin only where its files are`)
    if (!test) violations.push(...exclusiveViolations(file.path, name, target))
  }
  return violations
}

/** Violations by one file of any workspace: packages that it imports and its package.json does not declare. */
export function undeclared(file: SourceFile, own: Manifest, root: Manifest): readonly string[] {
  const declared = new Set([
    own.name,
    ...Object.keys({ ...own.dependencies, ...own.peerDependencies, ...own.optionalDependencies }),
    ...(isTest(file.path) ? Object.keys({ ...own.devDependencies, ...root.devDependencies }) : []),
    // What runs only from here may keep apart what whoever installs its contract does not need; the admin is bundled with what it needs.
    ...(own.private || own.name === "@archipel/admin" ? Object.keys({ ...own.devDependencies }) : []),
  ])
  const targets = new Set(file.imports.map(packageOf))
  return [...targets]
    .filter((target) => target !== undefined && !declared.has(target))
    .map((target) => `${file.path} imports ${target}, which ${own.name} does not declare`)
}

/** Violations by one file of an example: what a service of a user must not need. */
export function exampleViolations(file: SourceFile): readonly string[] {
  return file.imports.flatMap((specifier) => {
    const target = packageOf(specifier)
    return target === undefined || file.path.endsWith(".test.ts")
      ? []
      : exclusiveViolations(file.path, "an example", target)
  })
}

/** Cycles among the declared dependencies of packages, each as a path that ends where it began. */
export function dependencyCycles(manifests: readonly Manifest[]): readonly string[] {
  const edges = new Map(manifests.map(({ name, dependencies }) => [name, Object.keys(dependencies ?? {})]))
  const cycles: string[] = []
  const follow = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      if (path[0] === name) cycles.push([...path, name].join(" → "))
      return
    }
    for (const next of edges.get(name) ?? []) follow(next, [...path, name])
  }
  for (const { name } of manifests) follow(name, [])
  return cycles
}

function exclusiveViolations(path: string, owner: string, target: string): readonly string[] {
  return exclusive
    .filter((rule) => rule.library.test(target) && rule.owner !== owner)
    .map((rule) => `${path} imports ${target}, but ${rule.meaning}`)
}

function leavesPackage(path: string, specifier: string): boolean {
  const home = path.split("/").slice(0, 2).join("/")
  return !new URL(specifier, `file:///${path}`).pathname.startsWith(`/${home}/`)
}
