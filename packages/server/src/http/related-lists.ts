/**
 * Related lists: of each model, the lists of records that refer to it. What is referred to knows nothing of it; it is found in what the
 * services say of their own models.
 *
 * @module
 */

/** A reference of a model that the caller may read. */
export interface IndexedReference {
  readonly field: string
  /** The model whose records it names, perhaps of another service. */
  readonly to: string
  readonly label: string
}

/** A model in the index of its service, cut to what the caller may. */
export interface IndexedModel {
  readonly name: string
  readonly title: string
  readonly plural: string
  readonly collection: string
  readonly lines: boolean
  /** Whether some records can be read. */
  readonly read: boolean
  /** Whether words can be searched for. Services of older releases do not say. */
  readonly searchable?: boolean
  /** In the contract's order. Services of older releases do not say them. */
  readonly references?: readonly IndexedReference[]
}

/** What a service says of its models. */
export interface ServiceIndex {
  readonly contract: number
  readonly service: string
  readonly title: string
  readonly models: readonly IndexedModel[]
}

/** The records of `model` whose `field` is the record at hand: `GET {collection}?{field}={id}`. */
export interface RelatedList {
  readonly service: string
  readonly model: string
  readonly collection: string
  readonly field: string
  /** The reference's, which tells two lists of one model apart. */
  readonly label: string
  readonly title: string
  readonly plural: string
}

/** A service speaks for its own models alone. */
const ownModels = ({ service, models }: ServiceIndex): readonly IndexedModel[] =>
  models.filter(({ name, collection }) => name.startsWith(`${service}.`) && collection.startsWith(`/api/${service}/`))

/**
 * The related lists of the models that the caller may read, by model; those without any are left out. Lists and models are ordered as
 * the services are, then as their contracts have models and fields.
 *
 * @param indexes Sorted by service, each cut to what the same caller may: what is in none of them is not named.
 */
export function relatedLists(indexes: readonly ServiceIndex[]): Readonly<Record<string, readonly RelatedList[]>> {
  const models = indexes.flatMap((index) =>
    ownModels(index)
      .filter(({ read }) => read)
      .map((model) => ({ service: index.service, model })),
  )
  const lists = new Map<string, RelatedList[]>(models.map(({ model }) => [model.name, []]))
  for (const { service, model } of models) {
    const { name, title, plural, collection, references = [] } = model
    for (const { field, to, label } of references) {
      lists.get(to)?.push({ service, model: name, collection, field, label, title, plural })
    }
  }
  return Object.fromEntries([...lists].filter(([, related]) => related.length > 0))
}
