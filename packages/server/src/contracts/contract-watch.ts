/**
 * Whether neighbours still have the contracts that this program was built with: looked at when they are first reached, when they move,
 * from time to time, and when a call was refused as if a name were gone.
 *
 * @module
 */
import {
  type Catalog,
  compareContracts,
  type ContractDefinition,
  type ContractDifference,
  type ContractUses,
  effectOf,
  harmfulTo,
} from "@archipel/core"
import { contractRevision } from "../between/describe-service.ts"
import type { ServiceDescription } from "../between/description.ts"
import type { Mesh } from "../between/mesh.ts"
import type { Log } from "../log.ts"

/** A neighbour whose contract lacks something. */
export interface Misfit {
  /** The version that runs, in words: "1.2.0", or "revision 3f9a…" where it has none. */
  readonly running: string
  /** The version that this program was built with. */
  readonly builtWith: string
  readonly missing: readonly ContractDifference[]
}

export interface ContractWatch {
  /** Looks from now on. @param uses What the service uses, for the log to tell of. */
  begin(uses: ContractUses): void
  /** What a neighbour's contract lacks, as far as it is known; undefined where nothing does, or where nobody could be asked. */
  misfitOf(service: string): Misfit | undefined
  /** Asks a neighbour again, if that was not done within the last second. Never throws; bounded by 2 s. */
  look(service: string): Promise<void>
  close(): void
}

export interface ContractWatchOptions {
  readonly own: string
  /** The contracts that this program was built with. */
  readonly catalog: Pick<Catalog, "contracts">
  readonly mesh: Pick<Mesh, "addresses" | "describe">
  readonly log: Log
}

/** Between two looks at a neighbour that fits; what is missing and asked for shows at once, by the neighbour's refusal. */
const LOOK_MS = 15_000
/** At one that does not fit, or does not answer: it may be put right at any time. */
const LOOK_AGAIN_MS = 1_000
const DESCRIBE_MS = 2_000
/** Looks that callers ask for are at least so far apart. */
const ASKED_MS = 1_000

const inWords = ({ version }: Pick<ServiceDescription, "version">, revision: string): string =>
  version ?? `revision ${revision.slice(0, 8)}`

interface Seen {
  revision: string | undefined
  misfit: Misfit | undefined
  looking: Promise<void> | undefined
  lookedAtMs: number
  timer: NodeJS.Timeout | undefined
}

export function createContractWatch({ own, catalog, mesh, log }: ContractWatchOptions): ContractWatch {
  const seen = new Map<string, Seen>()
  let uses: ContractUses = {}
  let stop = (): void => {}
  let isClosed = false

  const neighbours = [...catalog.contracts.values()].filter(({ name }) => name !== own)
  const builtWith = new Map(
    neighbours.map((contract): [string, Built] => {
      const revision = contractRevision(contract)
      return [contract.name, { contract, version: contract.version ?? null, revision }]
    }),
  )
  const of = (service: string): Seen => {
    let entry = seen.get(service)
    if (!entry) {
      entry = { revision: undefined, misfit: undefined, looking: undefined, lookedAtMs: 0, timer: undefined }
      seen.set(service, entry)
    }
    return entry
  }

  const compare = (entry: Seen, { contract: known, ...built }: Built, description: ServiceDescription): void => {
    if (description.service !== known.name || description.contract.name !== known.name) return
    const { revision } = description
    if (revision === entry.revision) return
    const differences = revision === built.revision ? [] : compareContracts(known, description.contract)
    const missing = differences.filter(({ kind }) => effectOf(kind).missing)
    const about = {
      service: known.name,
      running: inWords(description, revision),
      builtWith: inWords(built, built.revision),
    }
    const had = entry.misfit
    entry.revision = revision
    entry.misfit = missing.length === 0 ? undefined : { ...about, missing }
    const used = harmfulTo(missing, uses)
    if (missing.length > 0)
      log.error(
        used.length > 0
          ? "a neighbour's contract lacks what this service uses: calls that need it are refused"
          : "a neighbour's contract lacks what this service knows, and does not use by its definition",
        new Error((used.length > 0 ? used : missing).map(({ words }) => words).join(" ")),
        about,
      )
    else if (had) log.info("a neighbour's contract fits again", about)
    else if (differences.length > 0)
      log.info("a neighbour's contract is another one, and fits", { ...about, differences: differences.length })
  }

  const look = (service: string): Promise<void> => {
    const entry = of(service)
    const built = builtWith.get(service)
    if (built === undefined || isClosed || !mesh.addresses.services().includes(service)) return Promise.resolve()
    clearTimeout(entry.timer)
    let isAway = false
    entry.looking ??= mesh
      .describe(service, { deadlineMs: DESCRIBE_MS, idempotent: true })
      .then((description) => compare(entry, built, description))
      .catch(() => {
        // Away, or it said nonsense: what is known of it stays until it says otherwise.
        isAway = true
      })
      .then(() => {
        entry.looking = undefined
        entry.lookedAtMs = Date.now()
        if (isClosed) return
        const pauseMs = isAway || entry.misfit ? LOOK_AGAIN_MS : LOOK_MS
        entry.timer = setTimeout(() => void look(service), pauseMs).unref()
      })
    return entry.looking
  }
  const lookAtAll = (): void => {
    for (const service of builtWith.keys()) void look(service)
  }

  return {
    begin(used) {
      uses = used
      stop = mesh.addresses.onChange(lookAtAll)
      lookAtAll()
    },
    misfitOf: (service) => seen.get(service)?.misfit,
    async look(service) {
      const entry = of(service)
      if (entry.looking || Date.now() - entry.lookedAtMs >= ASKED_MS) await look(service)
    },
    close() {
      isClosed = true
      stop()
      for (const { timer } of seen.values()) clearTimeout(timer)
    },
  }
}

interface Built {
  readonly contract: ContractDefinition
  readonly version: string | null
  readonly revision: string
}
