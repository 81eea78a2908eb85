import { type Create, type Db, divide, type Id, round, times } from "@archipel/core"
import "@company/catalog"
import { personNames } from "./names.ts"
import { seededRandom } from "./random.ts"

const suppliers = [
  "Almhütte Käserei",
  "Bonavista Coffee Roasters",
  "Costa Azul Conservas",
  "Dinkel & Partner Mills",
  "Emilia Pasta Works",
  "Fjordfang Seafood",
  "Gewürzkontor Hansen",
  "Honigtal Apiary",
  "Isola Olive Press",
  "Jardin d'Été Orchards",
  "Karamell & Co Confectioners",
  "Löwenbräuer Drinks",
] as const

interface Assortment {
  readonly category: string
  readonly description: string
  readonly packing: string
  /** In cents, from and to. */
  readonly price: readonly [number, number]
  readonly products: readonly string[]
}

/** Fifteen kinds in four sorts each: sixty products. */
const assortments: readonly Assortment[] = [
  {
    category: "Drinks",
    description: "Coffee, tea, juices and what goes with them",
    packing: "12 bottles of 0.75 l",
    price: [290, 1890],
    products: ["Apple juice", "Elderflower syrup", "Highland coffee"],
  },
  {
    category: "Bakery",
    description: "Bread, crackers and flour",
    packing: "20 packs of 500 g",
    price: [180, 950],
    products: ["Crispbread", "Spelt flour"],
  },
  {
    category: "Cheese",
    description: "Hard, soft and blue",
    packing: "1 wheel of 3 kg",
    price: [1450, 6900],
    products: ["Mountain cheese", "Blue cheese"],
  },
  {
    category: "Fish",
    description: "Smoked, salted and in tins",
    packing: "24 tins of 120 g",
    price: [890, 4200],
    products: ["Sardines", "Smoked trout"],
  },
  {
    category: "Pantry",
    description: "Oil, vinegar, pasta and spices",
    packing: "10 bags of 1 kg",
    price: [350, 2600],
    products: ["Olive oil", "Tagliatelle", "Pepper"],
  },
  {
    category: "Sweets",
    description: "Honey, jam, chocolate",
    packing: "18 jars of 250 g",
    price: [320, 1600],
    products: ["Forest honey", "Quince jam", "Dark chocolate"],
  },
]
const sorts = ["Classic", "Organic", "Reserve", "Family size"] as const

/** Categories, suppliers and products, a few of them no longer sold, some to be ordered again. */
export async function seedProducts(db: Db): Promise<void> {
  const random = seededRandom(2)
  const supplierIds: readonly Id<"catalog.Supplier">[] = (
    await db("catalog.Supplier").createMany(
      suppliers.map((name) => {
        const [contactName = null] = personNames(random, 1)
        return { name, contactName }
      }),
    )
  ).map(({ id }) => id)
  const made: Create<"catalog.Product">[] = []
  for (const { category: name, description, packing, price, products } of assortments) {
    const { id: category } = await db("catalog.Category").create({ name, description })
    for (const product of products) {
      const [supplier = null] = random.some(supplierIds, 1)
      for (const sort of sorts) {
        const amount = divide(random.integer(...price), 100, 2)
        const reorderLevel = random.integer(0, 6) * 5
        made.push({
          name: `${product}, ${sort.toLowerCase()}`,
          category,
          supplier,
          quantityPerUnit: packing,
          price: amount,
          cost: round(times(amount, divide(random.integer(52, 78), 100, 2)), 2),
          stock: random.integer(0, 180),
          onOrder: random.chance(20) ? random.integer(1, 8) * 10 : 0,
          reorderLevel,
          discontinued: random.chance(6),
        })
      }
    }
  }
  await db("catalog.Product").createMany(made)
}
