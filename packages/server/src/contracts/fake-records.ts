import { createHash } from "node:crypto"
import {
  type Catalog,
  type ColumnMember,
  type DataRecord,
  type Dataset,
  datasetOf,
  type FieldMember,
  humanName,
  type Member,
  type ResolvedModel,
} from "@archipel/core"
import { developmentUsers } from "../auth/development-users.ts"

/** Of each model: enough for lists with pages, few enough to be looked through. */
const RECORDS = 24
const DAY_MS = 86_400_000
const FIRST_DAY = Date.UTC(2026, 0, 1)

const companies = [
  "Alpenblick",
  "Nordwind",
  "Rotkehlchen",
  "Silberfuchs",
  "Blaustein",
  "Seegras",
  "Kornfeld",
  "Morgentau",
]
const people = [
  "Anna Berg",
  "Luca Rossi",
  "Marie Dubois",
  "Jan Novak",
  "Ines Costa",
  "Erik Lund",
  "Sofia Petrou",
  "Paul Huber",
]
const cities = ["Wien", "Lyon", "Torino", "Malmö", "Brno", "Porto", "Gent", "Basel"]
const streets = ["Hauptstrasse", "Rue du Lac", "Via Roma", "Storgatan", "Nadrazni", "Rua Nova", "Kerkstraat", "Am Ring"]

/** The same number for the same words, in every process and on every day. */
const numberOf = (...words: readonly (string | number)[]): number =>
  createHash("sha256").update(words.join("\n")).digest().readUInt32BE(0)

/** The id of a made-up record: a UUID as others are. */
export function fakeId(model: string, n: number): string {
  const digits = createHash("sha256").update(model).digest("hex")
  return `01900000-0000-7000-8${digits.slice(0, 3)}-${digits.slice(3, 11)}${n.toString(16).padStart(4, "0")}`
}

/** Made-up records of one service, from its contract alone: the same each time. */
export function fakeRecords(catalog: Catalog, service: string): Dataset {
  const records: Record<string, readonly DataRecord[]> = {}
  for (const model of catalog.models.values())
    if (model.service === service)
      records[model.name] = Array.from({ length: RECORDS }, (_, n) => recordOf(model, service, n))
  return datasetOf(records)
}

function recordOf(model: ResolvedModel, service: string, n: number): DataRecord {
  const values = [...model.members.values()].map((member) => [member.name, valueOf(model, member, service, n)])
  const instant = new Date(FIRST_DAY + n * DAY_MS).toISOString()
  const by = developmentUsers[0]?.id
  return {
    ...Object.fromEntries(values),
    id: fakeId(model.name, n),
    version: 1,
    createdAt: instant,
    createdBy: by,
    updatedAt: instant,
    updatedBy: by,
  }
}

function valueOf(model: ResolvedModel, member: Member, service: string, n: number): unknown {
  const chance = numberOf(model.name, member.name, n)
  if (member.kind === "many") return undefined
  if (member.kind === "manyToMany") return member.declaring ? [fakeId(member.target.name, chance % RECORDS)] : undefined
  // Some are empty, as in life; the title never is.
  const isEmpty = member.optional === true && (member.name === "archivedAt" || chance % 5 === 0)
  if (isEmpty && member.name !== model.title) return null
  if (member.kind === "field") return fieldValue(model, member, n, chance)
  if (member.to === "identity.User") return developmentUsers[chance % developmentUsers.length]?.id
  if (member.target.service !== service) return member.optional ? null : fakeId(member.to, chance % RECORDS)
  // A tree has a root: records refer to ones before them.
  if (member.target === model) return n === 0 && member.optional ? null : fakeId(member.to, chance % Math.max(1, n))
  return fakeId(member.to, chance % RECORDS)
}

const pick = (list: readonly string[], at: number): string => list[at % list.length] as string

function textValue(model: ResolvedModel, { name, unique }: ColumnMember, n: number, chance: number): string {
  if (/(?:first|given)name/i.test(name)) return pick(people, n).split(" ")[0] as string
  if (/(?:last|family|sur)name/i.test(name)) return pick(people, n).split(" ")[1] as string
  const isPerson = /contact|employee|person|people|user|member/i.test(`${model.localName} ${name}`)
  if (/name$/i.test(name)) return isPerson ? `${pick(people, n)} ${n + 1}` : `${pick(companies, n)} ${n + 1}`
  if (/city|town/i.test(name)) return pick(cities, chance)
  if (/street|address/i.test(name)) return `${pick(streets, chance)} ${(chance % 90) + 1}`
  if (/post(?:al)?code|zip/i.test(name)) return String(1000 + (chance % 9000))
  return unique || name === model.title ? `${humanName(name)} ${n + 1}` : `${humanName(name)} ${(chance % 9) + 1}`
}

const within = (chance: number, min: number, max: number): number => min + (chance % (max - min + 1))

function fieldValue(model: ResolvedModel, field: FieldMember, n: number, chance: number): unknown {
  const { type, maxLength = 1_000 } = field
  const least = Math.ceil(Number(field.min ?? 0))
  const most = Math.max(least, Math.floor(Number(field.max ?? least + 1_000)))
  switch (type) {
    case "text":
    case "longText":
    case "html":
      return textValue(model, field, n, chance).slice(0, maxLength)
    case "email":
      return `${pick(people, n).toLowerCase().replace(" ", ".")}.${n + 1}@example.com`
    case "phone":
      return `+43 1 555 ${String(1000 + n)}`
    case "url":
      return `https://example.com/${n + 1}`
    case "uuid":
      return fakeId(`${model.name}.${field.name}`, n)
    case "sequence":
      return (field.pattern ?? "{0000}")
        .replace("{yyyy}", "2026")
        .replace("{mm}", "01")
        .replace(/\{(0+)\}/, (_, zeros: string) => String(n + 1).padStart(zeros.length, "0"))
    case "integer":
      return within(chance, least, most)
    case "bigint":
      return String(within(chance, least, most))
    case "decimal":
    case "money":
      return decimalValue(field, chance, least, most)
    case "bool":
      return chance % 2 === 0
    case "date":
      return new Date(FIRST_DAY + (chance % 365) * DAY_MS).toISOString().slice(0, 10)
    case "datetime":
      return new Date(FIRST_DAY + (chance % 365) * DAY_MS).toISOString()
    case "choice":
    case "states":
      return pick(field.values ?? [""], chance)
    case "json":
    case "file":
    case "image":
      return null
  }
}

/** Digits and a point, never a number in between. */
function decimalValue({ scale = 2 }: FieldMember, chance: number, least: number, most: number): string {
  const whole = within(chance, least, Math.max(least, most - 1))
  if (scale === 0) return String(whole)
  const rest = most === least ? 0 : numberOf("digits", chance) % 100
  return `${whole}.${String(rest).padStart(2, "0").padEnd(scale, "0").slice(0, scale)}`
}
