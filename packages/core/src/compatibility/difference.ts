/** What a service does with a member of another: reads it, writes it, calls it (a transition or an action), or creates records of its model. */
export type UseKind = "read" | "write" | "call" | "create"

interface Effect {
  /** Which uses it harms; none where nothing that a service may do now is lost. */
  readonly harms: readonly UseKind[]
  /** Whether it may break somebody: a client, another service, or who gives out roles. */
  readonly breaking: boolean
  /** Whether what uses it cannot be asked at all any more. */
  readonly missing: boolean
}

const additive: Effect = { harms: [], breaking: false, missing: false }
const harming = (...harms: readonly UseKind[]): Effect => ({ harms, breaking: true, missing: false })
const missing = (...harms: readonly UseKind[]): Effect => ({ harms, breaking: true, missing: true })

/** Every way in which a newer contract may differ from an older one. */
export const differenceKinds = {
  "role.added": additive,
  "role.removed": harming(),
  "model.added": additive,
  "model.removed": missing("read", "write", "call", "create"),
  /** Its records have another address. */
  "model.address": harming(),
  /** A unique key or a check of its rows that was not there. */
  "model.rule": harming("write", "create"),
  "member.added": additive,
  /** Fewer bounds, or more values. */
  "member.widened": additive,
  "member.removed": missing("read", "write"),
  /** Values of another kind, or another model at the end of a relation. */
  "member.type": missing("read", "write"),
  /** It may be empty now. */
  "member.emptied": harming("read"),
  /** Records cannot be created without it any more. */
  "member.required": harming("create"),
  /** Clients do not write it any more. */
  "member.closed": harming("write"),
  /** Some values that were taken are refused. */
  "member.narrowed": harming("write"),
  /** A value of a choice, or a state, that there is no more. */
  "member.values": harming("read", "write"),
  "call.added": additive,
  "call.widened": additive,
  "call.removed": missing("call"),
  /** It starts or ends elsewhere, takes something else, or answers something else. */
  "call.changed": harming("call"),
} as const satisfies Readonly<Record<string, Effect>>

export type DifferenceKind = keyof typeof differenceKinds

/** One way in which a contract is not what it was. */
export interface ContractDifference {
  readonly kind: DifferenceKind
  /** "crm.Customer.name"; "crm.Customer" for the whole model, "crm.Customer.$block" for a transition or an action, "crm.manager" for a role. */
  readonly path: string
  /** A sentence for people. */
  readonly words: string
  /** Whether somebody who relies on what the path names may break. */
  readonly breaking: boolean
}

export const effectOf = (kind: DifferenceKind): Effect => differenceKinds[kind]

export const difference = (kind: DifferenceKind, path: string, words: string): ContractDifference => ({
  kind,
  path,
  words: `${path} ${words}.`,
  breaking: effectOf(kind).breaking,
})
