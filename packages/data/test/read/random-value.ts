import { type FieldMember, parseValue } from "@archipel/core"
import { pick, type Random } from "./random.ts"

const TEXTS = ["", "a", "A", "b", "B b", "é", "E", "z\u{1f600}", "\uff41", "10%", "a_b", "\\", "İ", "ΣΣς", "été A"]
const INSTANTS = [
  "2026-03-15T22:30:00.000Z",
  "2026-03-15T23:00:00.000Z",
  "2026-03-14T11:59:59.999Z",
  "2026-03-01T04:59:00.123Z",
  "2025-12-31T23:30:00.000Z",
  "2026-03-29T00:30:00.000Z",
]

const values: Readonly<Partial<Record<FieldMember["type"], readonly unknown[]>>> = {
  integer: [-2, 0, 1, 2, 3],
  bigint: ["-9007199254740993", "0", "1", "9007199254740993"],
  decimal: ["-1.50", "0.00", "1.00", "2.25", "10.00", "99999999999999.99"],
  money: ["-1.500", "0.000", "1.000", "2.250", "3.333"],
  bool: [false, true],
  date: ["2026-03-15", "2026-03-16", "2026-03-14", "2025-12-31", "2026-04-01"],
  datetime: INSTANTS,
  uuid: ["0199a1b2-0000-7000-8000-000000000001", "f199a1b2-0000-7000-8000-000000000002"],
  email: ["a@example.com", "B@example.com"],
  phone: ["+1 23", "456"],
  url: ["https://a.example/", "https://b.example/c"],
  json: [true, 1, "text", [1, "a", null], { a: 1 }],
}

/** A value of a field, often one that other records have as well. */
export function randomValue(random: Random, member: FieldMember): unknown {
  const all = member.values ?? values[member.type] ?? TEXTS
  const fitting = all.flatMap((value) => {
    const parsed = parseValue(member, value)
    return parsed.ok ? [parsed.value] : []
  })
  if (fitting.length === 0) throw new TypeError(`No value is known for ${member.model.name}.${member.name}.`)
  return pick(random, fitting)
}

export const randomText = (random: Random): string => pick(random, TEXTS)
