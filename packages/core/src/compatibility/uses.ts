import { automaticNames, type ResolvedModel } from "../catalog.ts"
import { type ContractDifference, effectOf, type UseKind } from "./difference.ts"

/** What somebody uses of one model: names, sorted. A model that is only referred to has none. */
export interface ModelUse {
  readonly reads: readonly string[]
  /** Whether records of it are created. */
  readonly creates?: true
  readonly writes: readonly string[]
  /** Transitions and actions. */
  readonly calls: readonly string[]
}

/** What a service uses of others, by "service.Model". Plain JSON. */
export type ContractUses = Readonly<Record<string, ModelUse>>

/** Uses while they are being collected, of all services but one. */
export class UseCollector {
  readonly #own: string
  readonly #models = new Map<string, Record<"reads" | "writes" | "calls", Set<string>> & { creates: boolean }>()

  /** @param own The service whose uses they are: what is its own is no use of another. */
  constructor(own: string) {
    this.#own = own
  }

  model(model: ResolvedModel): void {
    this.#of(model)
  }

  read(model: ResolvedModel, name: string): void {
    // No contract can take these away.
    if (!automaticNames.includes(name)) this.#of(model)?.reads.add(name)
  }

  write(model: ResolvedModel, name: string): void {
    this.#of(model)?.writes.add(name)
  }

  call(model: ResolvedModel, name: string): void {
    this.#of(model)?.calls.add(name)
  }

  create(model: ResolvedModel): void {
    const use = this.#of(model)
    if (use) use.creates = true
  }

  /** Every member on a dotted path from a model; what is no path reads as far as it is one. */
  path(model: ResolvedModel, path: string): ResolvedModel {
    let at = model
    for (const name of path.split(".")) {
      const member = at.members.get(name)
      if (!member) break
      this.read(at, name)
      if (member.kind === "field") break
      at = member.target
      this.model(at)
    }
    return at
  }

  #of(model: ResolvedModel) {
    if (model.service === this.#own) return undefined
    let use = this.#models.get(model.name)
    if (!use)
      this.#models.set(model.name, (use = { reads: new Set(), writes: new Set(), calls: new Set(), creates: false }))
    return use
  }

  uses(): ContractUses {
    const sorted = [...this.#models].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(
      sorted.map(([model, { reads, writes, calls, creates }]) => [
        model,
        {
          reads: [...reads].toSorted(),
          ...(creates ? { creates } : {}),
          writes: [...writes].toSorted(),
          calls: [...calls].toSorted(),
        },
      ]),
    )
  }
}

const merged = (lists: readonly (readonly string[])[]): readonly string[] => [...new Set(lists.flat())].toSorted()

/** What any of them uses. */
export function allUses(all: readonly ContractUses[]): ContractUses {
  const models = merged(all.map((uses) => Object.keys(uses)))
  return Object.fromEntries(
    models.map((model) => {
      const found = all.flatMap((uses) => uses[model] ?? [])
      return [
        model,
        {
          reads: merged(found.map(({ reads }) => reads)),
          ...(found.some(({ creates }) => creates) ? { creates: true as const } : {}),
          writes: merged(found.map(({ writes }) => writes)),
          calls: merged(found.map(({ calls }) => calls)),
        },
      ]
    }),
  )
}

const isUsed = (use: ModelUse, harmed: UseKind, name: string): boolean =>
  harmed === "create" ? use.creates === true : use[`${harmed}s`].includes(name)

/** Those of the differences that harm one of the uses. */
export const harmfulTo = (
  differences: readonly ContractDifference[],
  uses: ContractUses,
): readonly ContractDifference[] =>
  differences.filter(({ kind, path }) => {
    const { harms } = effectOf(kind)
    const [service = "", model = "", member] = path.split(".")
    const use = uses[`${service}.${model}`]
    if (use === undefined || harms.length === 0) return false
    // Of a whole model that is gone, being referred to is use enough; of its rules, any writing.
    if (member === undefined) return kind === "model.removed" || use.creates === true || use.writes.length > 0
    return harms.some((harmed) => isUsed(use, harmed, member.replace(/^\$/, "")))
  })
