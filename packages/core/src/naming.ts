/** "orderLines", "OrderLine", "order-lines" → "order_lines". */
export const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .replace(/-/g, "_")
    .toLowerCase()

/** "OrderLine" → "order-line". */
export const kebabCase = (name: string): string => snakeCase(name).replace(/_/g, "-")

const plural = (word: string): string => {
  if (/(?:s|x|z|ch|sh)$/.test(word)) return `${word}es`
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  return `${word}s`
}

/** The kebab-case plural of a model's name, or of the author's own plural: "OrderLine" → "order-lines", "Country" → "countries". */
export const collectionName = (modelName: string, ownPlural?: string): string =>
  ownPlural ? kebabCase(ownPlural) : plural(kebabCase(modelName))

/** "unitPrice" → "Unit price": what people see where no label is given. */
export const humanName = (name: string): string => {
  const words = snakeCase(name).replace(/_/g, " ")
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A name that can only be an abbreviation, as nobody can say it as a word: "crm", "hr". */
const ABBREVIATION = /^[bcdfghjklmnpqrstvwxz]{2,4}$/

/** "crm" → "CRM", "fleetCare" → "Fleet care": what people see of a service where no label is given. */
export const serviceTitle = (service: string): string =>
  ABBREVIATION.test(service) ? service.toUpperCase() : humanName(service)
