import type { Random } from "./random.ts"

const firstNames = [
  "Adele",
  "Bruno",
  "Clara",
  "Dario",
  "Elif",
  "Florian",
  "Greta",
  "Hugo",
  "Ilse",
  "Jonas",
  "Katarzyna",
  "Luis",
  "Mara",
  "Nils",
  "Oana",
  "Pavel",
  "Rosa",
  "Sami",
  "Theresa",
  "Umut",
  "Vera",
  "Wanda",
  "Yusuf",
  "Zoe",
] as const
const lastNames = [
  "Amsel",
  "Brunner",
  "Castell",
  "Dornbusch",
  "Eberhart",
  "Ferreira",
  "Grünwald",
  "Hartog",
  "Iversen",
  "Jankowski",
  "Kessler",
  "Lindqvist",
  "Moreau",
  "Nowak",
  "Okafor",
  "Petrov",
  "Quast",
  "Rinaldi",
  "Sørensen",
  "Talvik",
  "Ulrich",
  "Vidal",
  "Weidmann",
  "Zanetti",
] as const

export const jobTitles = ["Owner", "Purchasing", "Kitchen manager", "Accounting", "Store manager"] as const
export const streetNames = [
  "Ahornweg",
  "Bahnhofstraße",
  "Calle Mayor",
  "Deichgasse",
  "Fischmarkt",
  "Gartenallee",
  "Hafenkai",
  "Lindenplatz",
  "Mühlenweg",
  "Rue du Moulin",
  "Via Verde",
  "Ziegelei",
] as const

/** Different people, first name first. */
export function personNames(random: Random, howMany: number): readonly string[] {
  const firsts = random.some(firstNames, howMany)
  const lasts = random.some(lastNames, howMany)
  return firsts.map((first, index) => `${first} ${lasts[index]}`)
}
