import {
  ArchipelError,
  type Catalog,
  type Change,
  type ChangeValues,
  type FieldDefinition,
  type Member,
  type Mistake,
  type OneDefinition,
  pointer,
  type ResolvedModel,
} from "@archipel/core"
import { isPicture } from "./media-type.ts"
import type { FileStore } from "./file-store.ts"

type Values = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const withFiles = new WeakMap<ResolvedModel, boolean>()

/** Whether a write of this model can name files, in its own fields or in those of its lines. */
function namesFiles(model: ResolvedModel): boolean {
  const known = withFiles.get(model)
  if (known !== undefined) return known
  withFiles.set(model, false)
  const found =
    model.columns.some((m) => m.kind === "field" && (m.type === "file" || m.type === "image")) ||
    model.lists.some((m) => m.kind === "many" && m.owned === true && namesFiles(m.target))
  withFiles.set(model, found)
  return found
}

type MemberOf = (name: string) => Member | FieldDefinition | OneDefinition | undefined

const membersOf =
  (model: ResolvedModel): MemberOf =>
  (name) =>
    model.members.get(name)

/** What a transition or an action takes. */
function inputOf(model: ResolvedModel, action: string): MemberOf {
  const transition = model.columns.find((m) => m.kind === "field" && Object.hasOwn(m.transitions ?? {}, action))
  const input =
    model.actions.get(action)?.input ??
    (transition?.kind === "field" ? transition.transitions?.[action]?.input : undefined)
  return (name) => (input && Object.hasOwn(input, name) ? input[name] : undefined)
}

async function settle(
  store: FileStore | undefined,
  memberOf: MemberOf,
  values: Values,
  path: string,
  mistakes: Mistake[],
): Promise<Values> {
  const settled: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    const member = memberOf(name)
    const at = pointer(path, name)
    settled[name] = value
    if (member?.kind === "field" && (member.type === "file" || member.type === "image") && isObject(value)) {
      const id = value["id"]
      const file = typeof id === "string" ? await store?.take(id) : undefined
      if (!file)
        mistakes.push({
          path: at,
          code: "file.unknown",
          detail: `There is no file with that id for ${name}: upload it first.`,
        })
      else if (member.type === "image" && !isPicture(file.type)) {
        mistakes.push({
          path: at,
          code: "file.not_image",
          detail: `${name} takes a PNG, JPEG, GIF, WebP or AVIF picture.`,
        })
      } else settled[name] = file
    } else if (member?.kind === "many" && "target" in member && member.owned && namesFiles(member.target)) {
      settled[name] = await settleLines(store, member.target, value, at, mistakes)
    }
  }
  return settled
}

async function settleLines(
  store: FileStore | undefined,
  model: ResolvedModel,
  value: unknown,
  path: string,
  mistakes: Mistake[],
): Promise<unknown> {
  if (isObject(value) && Array.isArray(value["$set"])) {
    return { ...value, $set: await settleLines(store, model, value["$set"], `${path}/$set`, mistakes) }
  }
  if (!Array.isArray(value)) return value
  const lines: unknown[] = []
  for (const [i, line] of value.entries()) {
    lines.push(isObject(line) ? await settle(store, membersOf(model), line, `${path}/${i}`, mistakes) : line)
  }
  return lines
}

/**
 * The change with every file it names replaced by what the store knows of it, so that name, type and size are never the sender's claim.
 *
 * @throws `record.invalid` naming every unknown file, and every one that is no picture where one is expected
 */
export async function settleFiles(store: FileStore | undefined, catalog: Catalog, change: Change): Promise<Change> {
  const model = catalog.models.get(change.model)
  if (model === undefined) return change
  const mistakes: Mistake[] = []
  const settled = async (memberOf: MemberOf, values: ChangeValues): Promise<ChangeValues> => {
    const found = await settle(store, memberOf, values, "", mistakes)
    if (mistakes.length > 0) throw new ArchipelError("record.invalid", { errors: mistakes })
    return found
  }
  if (change.operation === "invoke" && change.input !== undefined)
    return { ...change, input: await settled(inputOf(model, change.action), change.input) }
  if (!("values" in change) || !namesFiles(model)) return change
  return { ...change, values: await settled(membersOf(model), change.values) }
}
