import { accepted, type FormModel, type OwnedList } from "./form-model.ts"
import { type FormState, isBlank, type Line, type Values } from "./form-state.ts"
import type { PlacedMistake } from "./problem-places.ts"
import type { UiModel } from "../metadata/model.ts"

const missingIn = (edits: Values, model: UiModel, except: string | undefined): readonly string[] =>
  Object.entries(model.fields)
    .filter(([name, field]) => field.required === true && name !== except && (edits[name] ?? null) === null)
    .map(([name]) => name)

const missing = (place: PlacedMistake["place"]): PlacedMistake => ({ path: "", code: "value.required", place })

/** What a service would miss for certain: nobody need ask it. Of stored records only emptied fields, which inputs do not allow. */
export function missingValues(state: FormState, { model, lists }: FormModel): readonly PlacedMistake[] {
  const own =
    state.base === undefined ? missingIn(state.edits, model, undefined).map((field) => missing({ field })) : []
  return [...own, ...lists.flatMap((list) => missingInLines(state.lines[list.name] ?? [], list))]
}

function missingInLines(lines: readonly Line[], { name: list, model, field }: OwnedList): readonly PlacedMistake[] {
  return lines
    .filter((line) => line.stored === undefined && !isBlank(line))
    .flatMap((line) =>
      missingIn(accepted(line.edits, model, true), model, field.by).map((name) =>
        missing({ list, line: line.key, field: name }),
      ),
    )
}
