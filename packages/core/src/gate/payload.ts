import { type ChangeValues, changeLimits } from "../change.ts"
import type { Member, ResolvedModel } from "../catalog.ts"
import { ArchipelError, type Mistake } from "../errors.ts"
import { keyWords, parseKey } from "../key.ts"
import type { Principal } from "./principal.ts"
import type { Rights } from "./rights.ts"
import { fieldDenied } from "./rule-part.ts"
import type { ReferenceCheck } from "./write-tree.ts"

/** What reading one change's payload collects: all of its mistakes, to be told at once. */
export class Payload {
  readonly rights: Rights
  readonly principal: Principal
  readonly references: ReferenceCheck[] = []
  readonly mistakes: Mistake[] = []
  readonly #unknown: { model: string; field: string; path: string }[] = []
  readonly #denied: { model: string; field: string; rules: readonly string[] }[] = []
  #lines = 0

  constructor(rights: Rights, principal: Principal) {
    this.rights = rights
    this.principal = principal
  }

  unknown(model: ResolvedModel, field: string, path: string): void {
    this.#unknown.push({ model: model.name, field, path })
  }

  /** @param rules The grants that allow the write, but not of this field; none if nobody's write may name it. */
  denied(model: ResolvedModel, field: string, rules: readonly string[] = []): void {
    this.#denied.push({ model: model.name, field, rules })
  }

  mistake(path: string, code: string, detail: string, details?: Readonly<Record<string, unknown>>): void {
    this.mistakes.push({ path, code, detail, ...(details ? { details } : {}) })
  }

  line(): void {
    if (++this.#lines > changeLimits.lines)
      throw new ArchipelError("query.too_complex", { what: "lines", limit: changeLimits.lines })
  }

  /** Whether these rights may see the member on any row. A member that is neither readable nor writable does not exist. */
  isVisible(member: Member): boolean {
    if (member.kind === "many" || member.kind === "manyToMany") {
      return !member.local || this.rights.of(member.target).read.kind !== "false"
    }
    return this.rights.of(member.model).readable(member).kind !== "false"
  }

  /** @throws `query.unknown_field`, `access.field_denied`, `record.invalid`: in this order, each with all there is of it. */
  finish(): void {
    const [unknown] = this.#unknown
    if (unknown) throw new ArchipelError("query.unknown_field", unknown)
    const [denied] = this.#denied
    if (denied) {
      const some = this.#denied.filter((d) => d.model === denied.model)
      throw fieldDenied(
        denied.model,
        [...new Set(some.map((d) => d.field))],
        [...new Set(some.flatMap((d) => d.rules))],
      )
    }
    if (this.mistakes.length > 0) throw new ArchipelError("record.invalid", { errors: this.mistakes })
  }
}

export const isRecord = (value: unknown): value is ChangeValues =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A name as a part of a JSON Pointer (RFC 6901, section 3). */
export const pointerPart = (name: string): string =>
  name.includes("~") || name.includes("/") ? name.replaceAll("~", "~0").replaceAll("/", "~1") : name

/** An id of a model's records as they have it: a UUID in lower case, or the key of an adopted row; undefined if it cannot be one. */
export const parseId = ({ key }: ResolvedModel, value: unknown): string | undefined => parseKey(key, value)

/** What is said of a value that is no id. */
export const idDetail = ({ key }: ResolvedModel): string =>
  key.length === 1 && key[0]?.type === "uuid" ? "An id is a UUID." : `An id is ${keyWords(key)}.`
