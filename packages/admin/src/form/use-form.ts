import { createContext, useContext, useSyncExternalStore } from "react"
import { useLanguage } from "../i18n/language.ts"
import type { UiField } from "../metadata/model.ts"
import { isWritable } from "./form-model.ts"
import type { FormSession } from "./form-session.ts"
import type { Place } from "./form-state.ts"
import type { FormView } from "./form-store.ts"
import { useMistakeTexts } from "./text.ts"
import { mistakeAt } from "./mistakes.ts"
import { placeKey, type PlacedMistake } from "./problem-places.ts"
import { shownValue } from "./provisional.ts"
import type { Reader } from "./field-value.ts"
import { humanise } from "../fields/format.ts"

export const FormContext = createContext<FormSession | undefined>(undefined)

/** The form that the component is part of. */
export function useForm(): FormSession {
  const session = useContext(FormContext)
  if (session === undefined) throw new Error("There is no form here.")
  return session
}

/** A part of what the form shows. `select` gives the same as long as that part is the same. */
export function useFormView<T>(select: (view: FormView) => T): T {
  const { store } = useForm()
  return useSyncExternalStore(store.subscribe, () => select(store.view))
}

/** How the person reads and writes. The time zone is the browser's, as everywhere in the admin. */
export function useReader(): Reader {
  const language = useLanguage()
  return readers[language]
}
const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
const readerOf = (locale: string): Reader => ({
  locale,
  timeZone,
  get now() {
    return Date.now()
  },
})
const readers = { en: readerOf("en-GB"), fr: readerOf("fr-FR") }

/** What is wrong, in words. */
export function useMistakeText(): (mistake: Pick<PlacedMistake, "code" | "detail">, label?: string) => string {
  const known = useMistakeTexts()
  const language = useLanguage()
  return ({ code, detail }) => {
    // The service says bounds, in English; that is more than the general words.
    if (language === "en" && detail !== undefined && code.startsWith("value.") && code !== "value.required") {
      return sentence(detail)
    }
    const words = known[code]
    if (words !== undefined) return words
    if (detail === undefined || /^The check \S+ does not hold\.$/.test(detail)) return ofCode(code)
    return detail
  }
}

/** "quantity must be at least 1." as "Must be at least 1": the field is beside it. */
function sentence(detail: string): string {
  const words = detail.replace(/^.*?(?=\b(?:must|contains|is) )/, "").replace(/\.$/, "")
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** "order.required_before_ordered" as "Required before ordered". */
export const ofCode = (code: string): string => humanise(code.slice(code.lastIndexOf(".") + 1))

/** A field at its place in the form. */
export function useField(place: Place, field: UiField) {
  const session = useForm()
  const key = placeKey(place)
  const value = useFormView(({ state, provisional }) => shownValue(state, provisional, place).value)
  const from = useFormView(({ state, provisional }) => shownValue(state, provisional, place).from)
  const typed = useFormView(({ unsettled }) => unsettled.get(key))
  const mistake = useFormView((view) => mistakeAt(view, place))
  const isLocked = useFormView(({ provisional }) => provisional.fields[place.list ?? place.field]?.readonly === true)
  const isPending = useFormView((view) => field.writtenBy === "compute" && view.isPending)
  const isNewRow = useFormView(({ state }) =>
    place.list === undefined
      ? state.base === undefined
      : state.lines[place.list]?.find((line) => line.key === place.line)?.stored === undefined,
  )
  const mayWrite = session.isNew ? session.model.model.rights.create : session.model.model.rights.update
  return {
    value,
    from,
    typed,
    mistake,
    isReadOnly: isLocked || !mayWrite || !isWritable(field, isNewRow),
    isPending,
    set: (next: unknown, pace?: "typing" | "settled") => session.store.set(place, next, pace),
  }
}
