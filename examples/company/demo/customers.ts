import type { Create, Db, Id } from "@archipel/core"
import "@company/crm"
import { jobTitles, personNames, streetNames } from "./names.ts"
import { type Random, seededRandom } from "./random.ts"

const customers = 50

interface Land {
  readonly code: string
  readonly name: string
  readonly calling: string
  readonly cities: readonly [string, ...string[]]
}

const lands: readonly [Land, ...Land[]] = [
  { code: "DE", name: "Germany", calling: "+49", cities: ["Hamburg", "Leipzig", "Freiburg", "Bremen"] },
  { code: "FR", name: "France", calling: "+33", cities: ["Lyon", "Nantes", "Lille"] },
  { code: "IT", name: "Italy", calling: "+39", cities: ["Turin", "Bologna", "Bari"] },
  { code: "ES", name: "Spain", calling: "+34", cities: ["Valencia", "Bilbao"] },
  { code: "NL", name: "Netherlands", calling: "+31", cities: ["Utrecht", "Groningen"] },
  { code: "AT", name: "Austria", calling: "+43", cities: ["Graz", "Linz"] },
  { code: "CH", name: "Switzerland", calling: "+41", cities: ["Basel", "Bern"] },
  { code: "DK", name: "Denmark", calling: "+45", cities: ["Aarhus", "Odense"] },
  { code: "PL", name: "Poland", calling: "+48", cities: ["Poznań", "Gdańsk"] },
  { code: "PT", name: "Portugal", calling: "+351", cities: ["Porto", "Braga"] },
]

const firstParts = [
  "Anker",
  "Birkenhain",
  "Corvina",
  "Delfin",
  "Esmeralda",
  "Falkenberg",
  "Goldregen",
  "Harmonia",
  "Ingwer",
  "Juniper",
  "Kastanie",
  "Lindenhof",
  "Meridian",
  "Nordlicht",
  "Olivenbaum",
  "Polaris",
  "Quellwasser",
  "Rosmarin",
  "Seestern",
  "Tramontana",
  "Ulmenhof",
  "Valderrama",
  "Windrose",
  "Ysop",
  "Zephir",
] as const
const secondParts = ["Delicatessen", "Trading", "Hotel & Restaurant", "Markets", "Fine Foods", "Catering"] as const
const legalForms: Readonly<Record<string, string>> = {
  DE: "GmbH",
  AT: "GmbH",
  FR: "SARL",
  IT: "Srl",
  NL: "B.V.",
  DK: "ApS",
}

/** Countries and customers with their contacts; some are branches of others. */
export async function seedCustomers(db: Db): Promise<void> {
  const random = seededRandom(1)
  const created = await db("crm.Country").createMany(lands.map(({ code, name }) => ({ code, name })))
  const countries = new Map(lands.map(({ code }, i) => [code, created[i]?.id]))
  const headOffices: Id<"crm.Customer">[] = []
  for (let index = 0; index < customers; index++) {
    const land = random.pick(lands)
    const [parent] = random.chance(15) ? random.some(headOffices, 1) : []
    const country = countries.get(land.code) ?? null
    const { id } = await db("crm.Customer").create({
      ...customer(random, index, land),
      country,
      parent: parent ?? null,
    })
    if (parent === undefined) headOffices.push(id)
  }
}

function customer(random: Random, index: number, land: Land): Create<"crm.Customer"> {
  const first = firstParts[index % firstParts.length] ?? firstParts[0]
  const second =
    secondParts[(index * 5 + 2 * Math.floor(index / firstParts.length)) % secondParts.length] ?? secondParts[0]
  const name = [first, second, legalForms[land.code]].filter(Boolean).join(" ")
  const domain = `${first.toLowerCase()}-${land.code.toLowerCase()}${index}.example`
  const names = personNames(random, random.integer(1, 3))
  const contacts = names.map((person) => ({
    name: person,
    jobTitle: random.pick(jobTitles),
    email: `${person.toLowerCase().replaceAll(/[^a-z]+/g, ".")}@${domain}`,
    phone: phoneNumber(random, land),
  }))
  return {
    name,
    contactName: names[0] ?? null,
    contactTitle: contacts[0]?.jobTitle ?? null,
    email: `office@${domain}`,
    phone: phoneNumber(random, land),
    website: `https://www.${domain}`,
    address: `${random.pick(streetNames)} ${random.integer(1, 140)}`,
    city: random.pick(land.cities),
    postalCode: String(random.integer(10_000, 98_999)),
    discount: random.pick(["0", "0", "0", "0.03", "0.05", "0.1"]),
    accountManager: null,
    contacts,
  }
}

/** A number in no network's range. */
const phoneNumber = (random: Random, land: Land): string => `${land.calling} 555 ${random.integer(100_000, 999_999)}`
