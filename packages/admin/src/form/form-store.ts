import { type FormState, type Place, type Values, withNewLine, withoutLine, withValue } from "./form-state.ts"
import type { FormModel } from "./form-model.ts"
import type { Merged } from "./merge.ts"
import { keepTold } from "./mistakes.ts"
import { nothingProvisional, type Provisional, shownValue } from "./provisional.ts"
import { placeKey, type PlacedMistake } from "./problem-places.ts"
import type { Pace } from "./draft-scheduler.ts"

/** A typed text that is no value of its field, or not yet. */
export interface Unsettled {
  readonly place: Place
  readonly text: string
  /** What is wrong with it; undefined while a record of that name is looked for. */
  readonly mistake: { readonly code: string; readonly detail: string } | undefined
}

/** All that a form shows. Immutable; each change makes another. */
export interface FormView {
  readonly model: FormModel
  readonly state: FormState
  readonly provisional: Provisional
  readonly unsettled: ReadonlyMap<string, Unsettled>
  /** What the service refused at the last save, until it is changed. */
  readonly refused: readonly PlacedMistake[]
  /** Fields that somebody was in: only of these it is told early what is wrong. */
  readonly touched: ReadonlySet<string>
  /** Whether a save was tried: then all is told. */
  readonly wasTried: boolean
  /** Computed values are of an earlier state of the form. */
  readonly isPending: boolean
  readonly isSaving: boolean
  /** The service does not say what it would suggest; all else goes on. */
  readonly isWithoutDraft: boolean
  /** Somebody else saved the record meanwhile, and both changed the same. */
  readonly conflict: Merged | undefined
  /** Somebody else saved the record meanwhile, and it came together by itself. */
  readonly news: News | undefined
  /** When the changes that were found again were made, in milliseconds since 1970. */
  readonly resumedFrom: number | undefined
}

export interface News {
  /** The user, as an id; undefined where it may not be read. */
  readonly by: string | undefined
  readonly taken: readonly Place[]
}

/** So many steps can be taken back. */
const MAX_UNDO = 100

export const newLineKey = (): string => `new-${crypto.randomUUID()}`

/** What a form holds, for those who show it. Each listens to the part it shows. */
export class FormStore {
  #view: FormView
  #past: FormState[] = []
  readonly #listeners = new Set<() => void>()
  /** Told of each change of what somebody typed or chose. */
  onChanged: (pace: Pace) => void = () => {}

  constructor(model: FormModel, state: FormState) {
    this.#view = {
      model,
      state,
      provisional: nothingProvisional,
      unsettled: new Map(),
      refused: [],
      touched: new Set(),
      wasTried: false,
      isPending: false,
      isSaving: false,
      isWithoutDraft: false,
      conflict: undefined,
      news: undefined,
      resumedFrom: undefined,
    }
  }

  get view(): FormView {
    return this.#view
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  show(change: Partial<FormView>): void {
    const isSame = (Object.keys(change) as (keyof FormView)[]).every((key) => change[key] === this.#view[key])
    if (isSame) return
    const before = this.#view
    this.#view = { ...before, ...change }
    keepTold(before, this.#view)
    for (const listener of this.#listeners) listener()
  }

  /** A step that can be taken back. */
  change(step: (state: FormState) => FormState, pace: Pace, others: Partial<FormView> = {}): void {
    const { state } = this.#view
    const next = step(state)
    if (next === state) {
      if (Object.keys(others).length > 0) this.show(others)
      return
    }
    this.#past = [...this.#past.slice(-MAX_UNDO + 1), state]
    // All listeners hear of a change once, however many parts of the form there are.
    this.show({ state: next, isPending: true, ...others })
    this.onChanged(pace)
  }

  get canUndo(): boolean {
    return this.#past.length > 0
  }

  /** Takes the last step back. */
  undo(): void {
    const state = this.#past.pop()
    if (state === undefined) return
    this.show({ state, unsettled: new Map() })
    this.onChanged("settled")
  }

  /** Another record, or a newer one: there is nothing to take back. */
  replace(state: FormState, others: Partial<FormView> = {}): void {
    this.#past = []
    this.show({ state, ...others })
  }

  /** @param value `undefined` leaves the value to the service again. */
  set(place: Place, value: unknown, pace: Pace = "settled"): void {
    this.change((state) => withValue(state, place, value), pace, this.#without(place))
  }

  setUnsettled(unsettled: Unsettled): void {
    const all = new Map(this.#view.unsettled).set(placeKey(unsettled.place), unsettled)
    this.show({ unsettled: all })
  }

  /** What was wrong with a value is not known to be wrong with another. */
  #without(place: Place): Partial<FormView> {
    const key = placeKey(place)
    const { unsettled, refused } = this.#view
    const others: { unsettled?: ReadonlyMap<string, Unsettled>; refused?: readonly PlacedMistake[] } = {}
    if (unsettled.has(key)) {
      const rest = new Map(unsettled)
      rest.delete(key)
      others.unsettled = rest
    }
    const kept = refused.filter((mistake) => mistake.place === undefined || placeKey(mistake.place) !== key)
    if (kept.length < refused.length) others.refused = kept
    return others
  }

  touch(place: Place): void {
    const key = placeKey(place)
    if (this.#view.touched.has(key)) return
    this.show({ touched: new Set(this.#view.touched).add(key) })
  }

  /** @returns its key */
  addLine(list: string, edits: Values = {}, at?: number): string {
    const key = newLineKey()
    this.change(
      (state) => withNewLine(state, list, key, edits, at),
      Object.keys(edits).length > 0 ? "settled" : "typing",
    )
    return key
  }

  removeLine(list: string, key: string): void {
    const unsettled = new Map([...this.#view.unsettled].filter(([, { place }]) => place.line !== key))
    const refused = this.#view.refused.filter(({ place }) => place?.line !== key)
    this.change((state) => withoutLine(state, list, key), "settled", { unsettled, refused })
  }

  valueAt(place: Place): unknown {
    return shownValue(this.#view.state, this.#view.provisional, place).value
  }
}
