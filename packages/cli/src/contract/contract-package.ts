import type { ContractDefinition, MemberDefinition } from "@archipel/core"
import { contractDeclarations } from "./declarations.ts"

/** A package that holds another service's contract. */
export interface ContractDependency {
  readonly package: string
  /** As `dependencies` of package.json says it. */
  readonly range: string
}

export interface ContractPackage {
  readonly name: string
  readonly version: string
  readonly contract: ContractDefinition
  /** Version of @archipel/core that it is for. */
  readonly core: string
  /** Of the contracts that it refers to; identity's comes with core. */
  readonly neighbours: readonly ContractDependency[]
}

/** The other services whose models a contract refers to; identity's are known everywhere. */
export function neighboursOf({ name, models }: ContractDefinition): readonly string[] {
  const targets = Object.values(models).flatMap(({ members, actions }) => {
    const own = Object.values(members)
    const inputs: MemberDefinition[] = [
      ...Object.values(actions).flatMap(({ input, output }) => [...Object.values(input), ...Object.values(output)]),
      ...own.flatMap((member) =>
        member.kind === "field"
          ? Object.values(member.transitions ?? {}).flatMap(({ input }) => Object.values(input ?? {}))
          : [],
      ),
    ]
    return [...own, ...inputs].flatMap((member) => (member.kind === "field" ? [] : [member.to.split(".")[0] as string]))
  })
  return [...new Set(targets)].filter((service) => service !== name && service !== "identity").toSorted()
}

/** The files of a package by their paths: structure and types, made from the contract's data alone, so that no logic can be among it. */
export function contractPackage(made: ContractPackage): ReadonlyMap<string, string> {
  const { name, version, contract, core, neighbours } = made
  const definition: ContractDefinition = { ...contract, version }
  const imports = neighbours.map((each) => each.package)
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
  const manifest = {
    name,
    version,
    description: `What the service ${contract.name} shows to others: its structure and types.`,
    type: "module",
    sideEffects: true,
    files: ["index.js", "index.d.ts", "contract.json"],
    exports: { ".": { types: "./index.d.ts", default: "./index.js" }, "./contract.json": "./contract.json" },
    // By this, tools know whose contract it is.
    archipel: { contract: contract.name },
    // One core for all contracts of a program: there they meet.
    peerDependencies: { "@archipel/core": `^${core}` },
    ...(neighbours.length === 0
      ? {}
      : { dependencies: Object.fromEntries(neighbours.map((each) => [each.package, each.range])) }),
  }
  return new Map([
    ["package.json", json(manifest)],
    ["contract.json", json(definition)],
    ["index.js", moduleText(definition, imports)],
    ["index.d.ts", contractDeclarations(definition, imports)],
    ["README.md", readme(made)],
  ])
}

function moduleText({ name, version, roles, models }: ContractDefinition, imports: readonly string[]): string {
  const parts = {
    version,
    roles,
    models: Object.fromEntries(Object.entries(models).map(([model, definition]) => [model, { definition }])),
  }
  return `import { contract } from "@archipel/core"
${imports.map((each) => `import ${JSON.stringify(each)}\n`).join("")}
export const ${name} = contract(${JSON.stringify(name)}, ${JSON.stringify(parts, null, 2)})
`
}

const readme = ({ name, contract, version }: ContractPackage): string => `# ${name}

The contract of the service \`${contract.name}\`, version ${version}: its models, roles, states and actions as data and as types. There is no
code of the service in it. \`archipel contract export ${contract.name}\` wrote it.

    archipel add neighbour ${name}

makes a project know it: its contracts may then refer to ${Object.keys(contract.models)
  .slice(0, 2)
  .map((model) => `\`${contract.name}.${model}\``)
  .join(", ")}. \`archipel contract check\` compares another version of it with what the project uses.
`
