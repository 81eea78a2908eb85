import { useSyncExternalStore } from "react"
import type { RecordData } from "../api/records.ts"

/** More rows than that are not taken at once. */
export const MAX_SELECTED = 5_000

/** The rows that something is done with, wherever they are in the list; kept outside of React, so that one row's change is one row's render. */
export class Selection {
  readonly #rows = new Map<string, RecordData>()
  readonly #listeners = new Set<() => void>()
  #version = 0
  /** Where a range begins: the row that was last taken alone. */
  anchor: number | undefined

  get version(): number {
    return this.#version
  }
  get size(): number {
    return this.#rows.size
  }
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  has(id: string): boolean {
    return this.#rows.has(id)
  }
  rows(): readonly RecordData[] {
    return [...this.#rows.values()]
  }
  set(rows: Iterable<RecordData>, isSelected: boolean): void {
    for (const row of rows) {
      if (isSelected) this.#rows.set(row.id, row)
      else this.#rows.delete(row.id)
    }
    this.#tell()
  }
  toggle(row: RecordData): void {
    this.set([row], !this.has(row.id))
  }
  clear(): void {
    this.#rows.clear()
    this.anchor = undefined
    this.#tell()
  }
  #tell(): void {
    this.#version++
    for (const listener of this.#listeners) listener()
  }
}

export const useSelection = (selection: Selection): number =>
  useSyncExternalStore(selection.subscribe, () => selection.version)
