import { create, type Draft, draft, get, invoke, update } from "../api/records.ts"
import { isAborted, ProblemError } from "../api/problem.ts"
import { queryClient } from "../app/queries.ts"
import { tellProblem } from "../app/toasts.tsx"
import { DraftScheduler } from "./draft-scheduler.ts"
import { accepted, type FormModel } from "./form-model.ts"
import {
  type FormState,
  isDirty,
  newState,
  openedState,
  type Payload,
  payloadOf,
  unsaved,
  type Values,
} from "./form-state.ts"
import { FormStore, type FormView } from "./form-store.ts"
import { forgetForm, keepForm, keptForm } from "./kept-forms.ts"
import { LastDraft } from "./last-draft.ts"
import { type Conflict, mergeWith, resolved } from "./merge.ts"
import { placed, type PlacedMistake } from "./problem-places.ts"
import { expectedRecord, nothingProvisional, type Provisional, provisionalOf } from "./provisional.ts"
import { readRecord, recordOptions } from "./record-query.ts"
import { missingValues } from "./required.ts"
import { renamedLines, rolledBack } from "./rolled-back.ts"

/** Whether somebody else saved the record is asked so often, while the page is seen. */
const POLL_MS = 10_000
/** A record that was read longer ago may be an older one. */
const FRESH_MS = 2_000
/** What was typed is kept in the browser at the latest after this time. */
const KEEP_MS = 300
/** Two people who save in turn: so often changes are put together by themselves before somebody is asked. */
const MAX_MERGES = 3

export type SaveOutcome = "saved" | "unchanged" | "refused" | "conflict"

interface SessionOptions {
  readonly model: FormModel
  readonly user: string
  readonly state: FormState
  /** When the record was read, in milliseconds since 1970: of one that was kept it is asked at once whether there is a newer one. */
  readonly readAt?: number
  /** What the form's elements are called; "f" is the page's. */
  readonly name?: string
}

/** One record that is open in a form: what somebody does with it, and what its service says to that. */
export class FormSession {
  /** Stays the same when a new record gets its address. */
  readonly key = crypto.randomUUID()
  readonly name: string
  readonly user: string
  readonly store: FormStore
  #isAddressed: boolean
  readonly #scheduler: DraftScheduler<Provisional>
  readonly #lastDraft = new LastDraft<Draft>()
  readonly #settling = new Set<Promise<unknown>>()
  #poll: ReturnType<typeof setInterval> | undefined
  #keep: ReturnType<typeof setTimeout> | undefined
  #saving: Promise<SaveOutcome> | undefined
  readonly #readAt: number
  #keptAt = 0

  constructor({ model, user, state, readAt = Date.now(), name = "f" }: SessionOptions) {
    this.name = name
    this.#readAt = readAt
    this.user = user
    this.store = new FormStore(model, state)
    this.#isAddressed = state.base !== undefined
    this.#scheduler = new DraftScheduler({
      ask: (signal) => this.#askDraft(signal),
      answered: (provisional, isCurrent) =>
        this.store.show({ provisional, isPending: !isCurrent, isWithoutDraft: false }),
      failed: (error) => this.#draftFailed(error),
    })
    this.store.onChanged = (pace) => {
      this.store.show({ isPending: true })
      this.#scheduler.changed(pace)
      this.#keepSoon()
    }
  }

  get model(): FormModel {
    return this.view.model
  }
  get collection(): string {
    return this.model.model.collection
  }
  get view(): FormView {
    return this.store.view
  }
  get id(): string {
    return this.view.state.id
  }
  get isNew(): boolean {
    return this.view.state.base === undefined
  }
  get isDirty(): boolean {
    return isDirty(this.view.state) || this.view.unsettled.size > 0
  }
  get version(): number | undefined {
    return this.view.state.base?.["version"] as number | undefined
  }

  /** @param id As the address has it; "new" is a record until it has one. */
  isAt(collection: string, id: string): boolean {
    if (collection !== this.collection) return false
    if (id === this.id) this.#isAddressed = true
    return id === this.id || (id === "new" && !this.#isAddressed)
  }

  /** Begins to ask for suggestions, and whether somebody else saves the record. */
  open(): void {
    this.#poll ??= setInterval(() => void this.#lookForNews(), POLL_MS)
    addEventListener("pagehide", this.#keepNow)
    document.addEventListener("visibilitychange", this.#seenAgain)
    this.#askAhead()
    if (Date.now() - this.#readAt > FRESH_MS) void this.#lookForNews()
  }

  /** Asks for what a new record would get, or what of a stored one is locked, before anybody types. */
  #askAhead(): void {
    const { rights } = this.model.model
    if (this.isNew ? rights.create : rights.update) this.#scheduler.changed("settled")
  }

  close(): void {
    clearInterval(this.#poll)
    this.#poll = undefined
    removeEventListener("pagehide", this.#keepNow)
    document.removeEventListener("visibilitychange", this.#seenAgain)
    this.#keepNow()
    this.#scheduler.reset()
    this.#lastDraft.forget()
  }

  /** The description of the model is another one: nothing that was typed is lost. */
  adopt(model: FormModel): void {
    if (model === this.model) return
    this.store.show({ model })
    this.#lastDraft.forget()
    if (this.isDirty) this.#scheduler.changed("settled")
  }

  /** What was typed and is no longer taken, by field. */
  get lost(): Values {
    const { edits } = this.view.state
    const taken = accepted(edits, this.model.model, this.isNew)
    return Object.fromEntries(Object.entries(edits).filter(([name]) => !Object.hasOwn(taken, name)))
  }

  #payload(state: FormState, tmp = false): Payload {
    const { model, lists, links } = this.model
    const lines = Object.fromEntries(
      lists.map(({ name, model: line }) => [
        name,
        (state.lines[name] ?? []).map((each) => ({
          ...each,
          edits: accepted(each.edits, line, each.stored === undefined),
        })),
      ]),
    )
    return payloadOf({ ...state, edits: accepted(state.edits, model, state.base === undefined), lines }, links, tmp)
  }

  // -- suggestions

  async #askDraft(signal: AbortSignal): Promise<Provisional> {
    const { state } = this.view
    const { values, sentLines } = this.#payload(state, true)
    const asked = state.base === undefined ? { values } : { id: state.id, values, ...this.#seen(state) }
    const answer = await this.#lastDraft.of(asked, () => draft(this.collection, asked, { signal }))
    const lists = this.model.lists.map(({ name }) => name)
    return provisionalOf(answer, lists, sentLines)
  }

  #seen({ base }: FormState): { readonly version?: number } {
    const version = base?.["version"]
    return typeof version === "number" ? { version } : {}
  }

  #draftFailed(error: unknown): void {
    if (error instanceof ProblemError && error.code === "record.version_conflict") {
      void this.catchUp()
      return
    }
    if (!isAborted(error)) this.store.show({ isWithoutDraft: true, isPending: false })
  }

  /** A line was left: what it makes is asked for now. */
  settled(): void {
    if (this.view.isPending) this.#scheduler.changed("settled")
  }

  /** Work whose result is a value of the form: a save waits for it. */
  settle(work: Promise<unknown>): void {
    this.#settling.add(work)
    void work.finally(() => this.#settling.delete(work))
  }

  // -- unsaved changes

  /** The first change is kept at once, those that follow soon after it together. */
  #keepSoon(): void {
    if (this.#keep !== undefined) return
    if (Date.now() - this.#keptAt >= KEEP_MS) this.#keepAtOnce()
    else this.#keep = setTimeout(this.#keepNow, KEEP_MS)
  }

  readonly #keepNow = (): void => {
    if (this.#keep !== undefined) this.#keepAtOnce()
  }

  #keepAtOnce(): void {
    clearTimeout(this.#keep)
    this.#keep = undefined
    this.#keptAt = Date.now()
    const { state } = this.view
    const { user, collection } = this
    if (!isDirty(state)) void forgetForm({ user, collection }, state.id)
    else
      void keepForm({
        user,
        collection,
        isNew: this.isNew,
        state: unsaved(state),
        title: this.title,
        at: Date.now(),
      })
  }

  get title(): string {
    const { display, title } = this.model.model
    const shown = display === undefined ? undefined : this.store.valueAt({ field: display })
    return typeof shown === "string" && shown !== "" ? shown : title
  }

  /** Takes up what was not saved when the form was closed. */
  async resume(): Promise<void> {
    const { user, collection, id } = this
    if (this.isNew) return
    const kept = await keptForm({ user, collection }, id)
    if (kept === undefined || kept.isNew || this.isDirty || this.view.state.base === undefined) return
    const { lines, base } = this.view.state
    const record = {
      ...base,
      ...Object.fromEntries(Object.keys(lines).map((list) => [list, lines[list]?.map(({ stored }) => stored)])),
    }
    const lists = Object.keys(lines)
    const known = {
      ...kept.state,
      lines: Object.fromEntries(lists.map((list) => [list, kept.state.lines[list] ?? []])),
    }
    const merged = mergeWith(known, record, this.model.links, this.#copied())
    this.store.replace(merged.state, {
      resumedFrom: kept.at,
      ...(merged.conflicts.length > 0 ? { conflict: merged } : {}),
    })
    this.store.onChanged("settled")
  }

  discard(): void {
    const { base, lines, id } = this.view.state
    const lists = Object.keys(lines)
    const state =
      base === undefined
        ? newState(id, lists)
        : {
            id,
            base,
            edits: {},
            lines: Object.fromEntries(
              lists.map((list) => [
                list,
                (lines[list] ?? [])
                  .filter((line) => line.stored !== undefined)
                  .map((line) => ({ ...line, edits: {}, deleted: false })),
              ]),
            ),
          }
    this.#scheduler.reset()
    this.store.replace(state, { ...unquestioned, provisional: nothingProvisional })
    this.#keepAtOnce()
    this.#askAhead()
  }

  // -- saving

  /** Saves what was changed. Shown as done at once; a refusal takes that back, and says at each field why. */
  save(): Promise<SaveOutcome> {
    this.#saving ??= this.#save(0).finally(() => {
      this.#saving = undefined
    })
    return this.#saving
  }

  async #save(merges: number): Promise<SaveOutcome> {
    if (this.#settling.size > 0) await Promise.allSettled(this.#settling)
    const { state, unsettled, provisional } = this.view
    if (!this.isDirty && !this.isNew) return "unchanged"
    const missing = missingValues(state, this.model)
    if (unsettled.size > 0 || missing.length > 0) {
      this.store.show({ wasTried: true, refused: missing })
      return "refused"
    }
    const lists = Object.keys(state.lines)
    const { values, sentLines } = this.#payload(state)
    this.#scheduler.reset()
    this.store.replace(openedState(expectedRecord(state, provisional), lists), {
      ...unquestioned,
      isSaving: true,
      // What was put together on the way is still to be told.
      news: merges > 0 ? this.view.news : undefined,
    })
    try {
      const answer =
        state.base === undefined
          ? await create(this.collection, { id: state.id, ...values }, state.id)
          : await update(this.collection, state.id, values, this.#seen(state).version)
      await this.#saved(state, answer)
      return "saved"
    } catch (error) {
      this.store.replace(rolledBack(state, this.view.state), { isSaving: false, provisional, wasTried: true })
      if (this.isDirty) this.#keepSoon()
      return await this.#refused(error, sentLines, merges)
    }
  }

  async #saved(sent: FormState, answer: Values): Promise<void> {
    const { lists, links, tellsCan } = this.model
    let record: Values = answer
    if (lists.length > 0 || links.size > 0 || tellsCan) {
      try {
        record = await readRecord(this.model, sent.id)
      } catch (error) {
        // Saved it is; what was expected stays on the screen until it can be read.
        if (!(error instanceof ProblemError)) throw error
        record = { ...this.#shownRecord(), ...answer }
      }
    }
    const known = renamedLines(this.view.state, record, sent)
    const { state } = mergeWith(known, record, links, this.#copied())
    this.store.replace(state, { isSaving: false, provisional: nothingProvisional, isPending: false })
    queryClient.setQueryData(recordOptions(this.model, sent.id).queryKey, record)
    if (isDirty(state)) this.store.onChanged("settled")
    else this.#askAhead()
    this.#keepAtOnce()
  }

  #shownRecord(): Values {
    const { state, provisional } = this.view
    return expectedRecord(state, provisional)
  }

  async #refused(error: unknown, sentLines: Payload["sentLines"], merges: number): Promise<SaveOutcome> {
    if (!(error instanceof ProblemError)) throw error
    if (error.code === "record.precondition_failed" || error.code === "record.version_conflict") {
      const isMerged = await this.catchUp()
      if (!isMerged) return "conflict"
      return merges < MAX_MERGES ? this.#save(merges + 1) : "conflict"
    }
    this.store.show({ refused: mistakesOf(error, sentLines) })
    return "refused"
  }

  // -- what others do

  #copied(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(
      this.model.lists.map(({ name, columns }) => [
        name,
        columns.filter(([, field]) => field.create).map(([column]) => column),
      ]),
    )
  }

  /** Whoever comes back to the page does not wait for the next turn. */
  readonly #seenAgain = (): void => void this.#lookForNews()

  async #lookForNews(): Promise<void> {
    const { version } = this
    if (this.isNew || version === undefined || document.hidden || this.view.isSaving || this.view.conflict) return
    try {
      const { record } = await get(this.collection, this.id, ["version"])
      if (record["version"] !== version && this.version === version && !this.view.isSaving) await this.catchUp()
    } catch {
      // Asked again at the next turn; what matters is said when something is saved.
    }
  }

  /**
   * Puts the record as it is now beneath what was typed.
   *
   * @returns false where somebody has to choose
   */
  async catchUp(): Promise<boolean> {
    const { links } = this.model
    let record: Values
    try {
      record = await readRecord(this.model, this.id)
    } catch (error) {
      tellProblem(error)
      return false
    }
    queryClient.setQueryData(recordOptions(this.model, this.id).queryKey, record)
    // Somebody else looked at the same time, and has told of it.
    if (record["version"] === this.version) return true
    const merged = mergeWith(this.view.state, record, links, this.#copied())
    if (merged.conflicts.length > 0) {
      this.store.show({ conflict: merged })
      return false
    }
    const by = record["updatedBy"]
    const wasDirty = this.isDirty
    this.store.replace(merged.state, {
      provisional: nothingProvisional,
      news: { by: typeof by === "string" ? by : undefined, taken: merged.taken },
    })
    if (wasDirty) this.store.onChanged("settled")
    return true
  }

  /** @param choices In the order of the conflicts. */
  decide(choices: readonly ("mine" | "theirs")[]): void {
    const { conflict } = this.view
    if (conflict === undefined) return
    const state = conflict.conflicts.reduce<FormState>(
      (current, each: Conflict, index) => resolved(current, each, choices[index] ?? "mine"),
      conflict.state,
    )
    this.store.replace(state, { conflict: undefined, provisional: nothingProvisional })
    this.store.onChanged("settled")
  }

  // -- transitions, actions

  /** Makes a transition or an action; unsaved changes are saved before. @returns what an action answered, or undefined if refused */
  async invoke(name: string, input: Values): Promise<Values | undefined> {
    if (this.isDirty && (await this.save()) !== "saved") return undefined
    const { state } = this.view
    const transition = this.model.model.transitions[name]
    if (transition) {
      const base = { ...state.base, ...input, [transition.field]: transition.to }
      this.store.replace({ ...state, base }, { isSaving: true, refused: [] })
    } else this.store.show({ isSaving: true, refused: [] })
    try {
      const answer = await invoke(this.collection, state.id, name, input, this.#seen(state).version)
      await this.#saved(
        state,
        transition || !Object.hasOwn(answer, "data") ? answer : ((answer["data"] ?? {}) as Values),
      )
      return answer
    } catch (error) {
      this.store.replace({ ...this.view.state, base: state.base }, { isSaving: false })
      if (!(error instanceof ProblemError)) throw error
      if (error.code === "record.precondition_failed") {
        if (await this.catchUp()) tellProblem(error)
        return undefined
      }
      this.store.show({ refused: mistakesOf(error, {}), wasTried: true })
      return undefined
    }
  }
}

const unquestioned = {
  unsettled: new Map(),
  refused: [],
  touched: new Set<string>(),
  wasTried: false,
  isPending: false,
  news: undefined,
  resumedFrom: undefined,
} satisfies Partial<FormView>

/** A problem's mistakes at their places; one without any is told of the record. */
function mistakesOf(error: ProblemError, sentLines: Payload["sentLines"]): readonly PlacedMistake[] {
  const { problem, mistakes } = error
  if (mistakes.length > 0) return mistakes.map((mistake) => placed(mistake, sentLines))
  const fields = problem.details?.["fields"]
  const own = { code: problem.code, detail: problem.detail ?? problem.title }
  if (Array.isArray(fields) && fields.length > 0 && fields.every((field) => typeof field === "string")) {
    return fields.map((field: string) => ({ ...own, path: `/${field}`, place: { field } }))
  }
  return [{ ...own, path: "", place: undefined }]
}
