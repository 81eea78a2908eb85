import { misuse } from "./failure.ts"
import { didYouMean } from "./nearest-word.ts"

/** A member of a model, as written on the command line and in a contract. */
export interface FieldText {
  readonly name: string
  /** `date().optional()` */
  readonly code: string
  /** The builder to import from core. */
  readonly builder: string
  /** For a line: the model that owns it. */
  readonly parent?: string
}

const plainTypes = [
  "text",
  "longText",
  "html",
  "email",
  "phone",
  "url",
  "uuid",
  "integer",
  "bigint",
  "decimal",
  "money",
  "bool",
  "date",
  "datetime",
  "json",
  "file",
  "image",
] as const
const withValues = ["choice"] as const
const flags = ["optional", "unique", "index", "tracked"] as const

export const fieldHelp = `  A field is name:type, with more words after further colons:
    title:text  price:money  due:date:optional  code:text:unique  done:bool:default=false
    size:choice=small,large   one of these values
    customer:crm.Customer     a reference to a record
    owner:identity.User:default=me
    order:sales.Order:parent  this model's records are lines of an order
  Types: ${plainTypes.join(", ")}, choice=…, SERVICE.Model.
  Words: ${flags.join(", ")}, default=VALUE, parent.`

/** "due:date:optional" → `date().optional()`. @throws Failure that says which word is wrong. */
export function readField(word: string): FieldText {
  const [name = "", type = "", ...words] = word.split(":")
  const wrong = (says: string): never => {
    throw misuse(`${word}: ${says}`, "A field is name:type, for example due:date:optional.")
  }
  if (!/^[a-z][A-Za-z0-9]{0,50}$/.test(name)) wrong(`"${name}" is no name of a field; names are camelCase.`)
  const { code, builder, kind } = readType(type, wrong)
  let text = code
  let parent: string | undefined
  for (const each of words) {
    const [key = "", ...values] = each.split("=")
    const value = values.length > 0 ? values.join("=") : undefined
    if (key === "default" && value !== undefined) text += `.default(${defaultText(kind, value, wrong)})`
    else if (key === "parent" && kind === "one") parent = type
    else if ((flags as readonly string[]).includes(key) && value === undefined)
      text += key === "index" && kind === "one" ? "" : `.${key}()`
    else wrong(`there is no word "${each}".${didYouMean(key, [...flags, "default", "parent"])}`)
  }
  if (parent !== undefined) text = text.replace(/^one\(("[^"]+")\)/, 'one($1, { onDelete: "cascade" })')
  return { name, code: text, builder, ...(parent === undefined ? {} : { parent }) }
}

type Wrong = (says: string) => never

function readType(type: string, wrong: Wrong): { code: string; builder: string; kind: string } {
  const [name = "", list] = type.split("=", 2)
  if (/^[a-z][A-Za-z0-9]*\.[A-Z][A-Za-z0-9]*$/.test(type))
    return { code: `one(${JSON.stringify(type)})`, builder: "one", kind: "one" }
  if ((withValues as readonly string[]).includes(name)) {
    const values = list?.split(",").filter((value) => value !== "") ?? []
    if (values.length === 0) return wrong("a choice names its values: choice=small,large.")
    return { code: `choice(${values.map((value) => JSON.stringify(value)).join(", ")})`, builder: "choice", kind: name }
  }
  if ((plainTypes as readonly string[]).includes(type)) return { code: `${type}()`, builder: type, kind: type }
  if (name === "states" || name === "sequence" || name === "many")
    return wrong(`${name} needs more than one line says: write it into the contract by hand.`)
  return type === ""
    ? wrong("its type is missing.")
    : wrong(`there is no type "${type}".${didYouMean(type, [...plainTypes, ...withValues])}`)
}

function defaultText(kind: string, value: string, wrong: Wrong): string {
  if (kind === "bool") return value === "true" || value === "false" ? value : wrong("its default is true or false.")
  if (kind === "integer") return /^-?\d+$/.test(value) ? value : wrong("its default is a whole number.")
  if (kind === "one") return value === "me" ? '"me"' : wrong('the only default of a reference is "me".')
  return JSON.stringify(value)
}
