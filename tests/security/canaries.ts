/**
 * Values that are told apart wherever they turn up: random words, long numbers, ids.
 *
 * @module
 */
import type { DataRecord, ResolvedModel, Situation, StaticSight } from "@archipel/core"
import { pick, type Random } from "../../packages/data/test/read/random.ts"

const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"]
/** As many letters are enough to know a word by, so that one that was cut off is known too. */
const KNOWN = 6

const letters = (random: Random, count: number): string =>
  Array.from({ length: count }, () => pick(random, LETTERS)).join("")
const digits = (random: Random, count: number): string => {
  const rest = Array.from({ length: count - 1 }, () => random.integer(0, 9)).join("")
  return `${random.integer(1, 9)}${rest}`
}

/** Ten letters that nothing else contains. */
export const canaryWord = (random: Random): string => `zq${letters(random, 8)}`
/** Twelve digits. */
export const canaryNumber = (random: Random): string => digits(random, 12)

const ids = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g
const words = new RegExp(`zq[a-z]{${KNOWN}}`, "g")
const numbers = /\d{9,}/g

/** What a text has of such values, each in the form by which they are compared. */
export function tokensOf(text: string): Set<string> {
  const lower = text.toLowerCase()
  const rest = lower.replaceAll(ids, " ")
  return new Set([...(lower.match(ids) ?? []), ...(rest.match(words) ?? []), ...(rest.match(numbers) ?? [])])
}

/** Cursors carry values as base64, addresses percent-encoded: the text with what these say. */
export function uncovered(text: string): string {
  const parts = [text]
  for (const [encoded] of text.matchAll(/[A-Za-z0-9_-]{24,}/g))
    parts.push(Buffer.from(encoded, "base64url").toString("latin1"))
  if (text.includes("%")) {
    try {
      parts.push(decodeURIComponent(text))
    } catch {
      // Not every percent sign begins an encoded byte.
    }
  }
  return parts.join("\n")
}

/** All there is, and what of it somebody may come to see by the rules as they are written. */
export function canariesOf(models: readonly ResolvedModel[], situation: Situation, sight: StaticSight): Set<string> {
  const everything = new Set<string>()
  const seen = tokensOf(JSON.stringify([situation.principal.id, situation.principal.claims]))
  const add = (to: Set<string>, value: unknown): void => {
    for (const token of tokensOf(JSON.stringify(value ?? null))) to.add(token)
  }
  for (const model of models) {
    for (const record of situation.dataset.records(model.name)) {
      for (const value of Object.values(record)) add(everything, value)
      for (const value of visibleCells(model, record, sight)) add(seen, value)
    }
  }
  return everything.difference(seen)
}

function* visibleCells(model: ResolvedModel, record: DataRecord, sight: StaticSight): Iterable<unknown> {
  // A public title is shown with every reference to its record, whoever may read that.
  if (model.publicTitle) yield record[model.title]
  if (!sight.record(model, record)) return
  for (const name of Object.keys(record)) {
    const member = model.members.get(name)
    // Links are shown as their targets, as far as these are seen.
    if (member?.kind === "manyToMany") continue
    if (sight.cell(model, record, name)) yield record[name]
  }
}
