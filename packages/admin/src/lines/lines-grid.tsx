import { useMediaQuery } from "@mantine/hooks"
import { IconPlus } from "@tabler/icons-react"
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual"
import {
  type ClipboardEvent,
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  useCallback,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react"
import { useIsPrinting } from "../app/use-is-printing.ts"
import { announce } from "../app/announce.ts"
import { tellDone, tellProblem } from "../app/toasts.tsx"
import { isNumeric } from "../fields/format.ts"
import { findOptions } from "../fields/reference-options.ts"
import { isWritable, type OwnedList } from "../form/form-model.ts"
import { isBlank, type Line, shownLines } from "../form/form-state.ts"
import { useFormTexts } from "../form/text.ts"
import { parseTsv } from "../form/tsv.ts"
import { useForm, useFormView, useReader } from "../form/use-form.ts"
import type { UiField } from "../metadata/model.ts"
import { beneath, besides, type CellAddress, firstOf, type GridShape, rangeOf } from "./grid-cells.ts"
import { LineCards } from "./line-cards.tsx"
import { LineRow } from "./line-row.tsx"
import { copied, paste } from "./paste.ts"
import classes from "./lines.module.css"

/** With more lines only those that are seen are in the page. */
const VIRTUAL_FROM = 40
const ROW_PX = 32

/** Numbers need no more than their digits; names take what is left. */
const widthOf = ({ type }: UiField): string => {
  if (type === "one" || type === "longText") return "minmax(136px, 3fr)"
  if (type === "text" || type === "email" || type === "url" || type === "phone") return "minmax(120px, 2fr)"
  if (type === "bool") return "64px"
  if (type === "integer") return "minmax(66px, 0.7fr)"
  return type === "datetime" ? "150px" : "minmax(88px, 1fr)"
}

/** The owned lines of the record: a grid where there is room, cards where there is not. */
export function OwnedLines({ list }: { readonly list: OwnedList }) {
  const session = useForm()
  const isNarrow = useMediaQuery("(max-width: 760px)", false, { getInitialValueInEffect: false })
  const isLocked = useFormView(({ provisional }) => provisional.fields[list.name]?.readonly === true)
  const isNew = useFormView(({ state }) => state.base === undefined)
  const count = useFormView(({ state }) => shownLines(state, list.name).filter((line) => !isBlank(line)).length)
  const { rights } = session.model.model
  const mayEver = isWritable(list.field, isNew) && (isNew ? rights.create : rights.update)
  const mayWrite = mayEver && !isLocked
  return (
    <section className={classes.list} aria-labelledby={`list-${list.name}`}>
      <h2 id={`list-${list.name}`} className={classes.heading}>
        {list.field.label} <span className={classes.count}>{count}</span>
      </h2>
      {isNarrow ? <LineCards list={list} mayWrite={mayWrite} /> : <LinesGrid list={list} mayWrite={mayWrite} />}
      {mayEver && isLocked && <AddPlace />}
    </section>
  )
}

/** Where lines would be added: that they are locked is known after they are shown, and nothing moves then. */
const AddPlace = () => <div aria-hidden className={`button ${classes.add} ${classes.noAdd}`} />

interface GridProps {
  readonly list: OwnedList
  readonly mayWrite: boolean
}

const noLines: readonly Line[] = []

function LinesGrid({ list, mayWrite }: GridProps) {
  const t = useFormTexts()
  const session = useForm()
  const reader = useReader()
  const { store } = session
  const all = useFormView(({ state }) => state.lines[list.name] ?? noLines)
  const patches = useFormView(({ provisional }) => provisional.lines[list.name])
  const isPending = useFormView((view) => view.isPending)
  const lines = useMemo(() => all.filter((line) => !line.deleted), [all])
  const [active, setActive] = useState<CellAddress>()
  const [anchor, setAnchor] = useState<CellAddress>()
  const [selected, setSelected] = useState<CellAddress>()
  const body = useRef<HTMLDivElement>(null)
  const adding = useRef<HTMLButtonElement>(null)
  const help = useId()

  const isTyped = active !== undefined
  /** What the first letters will be looked for in is there when they are typed, if it is small. */
  const prepare = useCallback((): void => {
    for (const [, field] of list.columns) {
      if (field.type !== "one" || !field.create || field.collection === undefined) continue
      findOptions({ collection: field.collection, display: field.display ?? "id" }, "").catch(() => {})
    }
  }, [list])
  useEffect(() => {
    if (isTyped) prepare()
  }, [isTyped, prepare])

  const lineOf = (key: string): Line | undefined => lines.find((line) => line.key === key)
  const isEditable = (key: string, column: number): boolean => {
    const field = list.columns[column]?.[1]
    const line = lineOf(key)
    return mayWrite && field !== undefined && line !== undefined && isWritable(field, line.stored === undefined)
  }
  const shape: GridShape = { lines: lines.map(({ key }) => key), columns: list.columns.length, isEditable }

  const isPrinting = useIsPrinting()
  const isVirtual = lines.length > VIRTUAL_FROM && !isPrinting
  const activeIndex = active === undefined ? -1 : shape.lines.indexOf(active.line)
  // Nothing is memoised behind our back: no compiler does it here.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    enabled: isVirtual,
    count: lines.length,
    getScrollElement: () => body.current,
    estimateSize: () => ROW_PX,
    overscan: 4,
    // The line that is typed into stays, wherever somebody scrolls.
    rangeExtractor: (range) => {
      const seen = defaultRangeExtractor(range)
      return activeIndex < 0 || seen.includes(activeIndex) ? seen : [...seen, activeIndex].toSorted((a, b) => a - b)
    },
  })

  // A line that was saved goes on under another name: who is in it stays there.
  const [place, setPlace] = useState(0)
  if (activeIndex >= 0 && activeIndex !== place) setPlace(activeIndex)
  if (active !== undefined && activeIndex < 0) {
    const line = lines[place]?.key
    setActive(line === undefined ? undefined : { line, column: active.column })
  }

  const go = (to: CellAddress, keepsRange = false): void => {
    // What is left is told so while it is still there: an element that is taken away tells nothing.
    const focused = document.activeElement
    if (focused instanceof HTMLElement && body.current?.contains(focused)) focused.blur()
    if (active !== undefined && active.line !== to.line) session.settled()
    dropBlank(to.line)
    if (isVirtual) virtual.scrollToIndex(shape.lines.indexOf(to.line))
    setActive(to)
    if (!keepsRange) {
      setAnchor(undefined)
      setSelected(undefined)
    }
  }
  const dropBlank = (except?: string): void => {
    const line = active && lineOf(active.line)
    if (line && line.key !== except && isBlank(line)) store.removeLine(list.name, line.key)
  }
  const add = (): void => {
    const key = store.addLine(list.name)
    const column = list.columns.findIndex(([, field]) => isWritable(field, true))
    if (column >= 0) go({ line: key, column })
    announce(t.lineOf(lines.length + 1))
  }
  const leave = (): void => {
    session.settled()
    dropBlank()
    setActive(undefined)
    setSelected(undefined)
    adding.current?.focus()
  }
  const remove = useCallback(
    (key: string): void => {
      const index = shownLines(store.view.state, list.name).findIndex((line) => line.key === key)
      store.removeLine(list.name, key)
      const after = shownLines(store.view.state, list.name)
      const next = after[Math.min(index, after.length - 1)]
      const column = list.columns.findIndex(([, field]) => isWritable(field, next?.stored === undefined))
      setSelected(undefined)
      if (next !== undefined && column >= 0) setActive({ line: next.key, column })
      else {
        setActive(undefined)
        adding.current?.focus()
      }
      announce(`${t.removeLine} ${index + 1}`)
    },
    [list, store, t],
  )
  const duplicate = useCallback(
    (key: string): void => {
      const { state, provisional } = store.view
      const index = (state.lines[list.name] ?? []).findIndex((line) => line.key === key)
      const line = state.lines[list.name]?.[index]
      if (line === undefined) return
      const values = { ...line.stored, ...provisional.lines[list.name]?.get(key), ...line.edits }
      const given = list.columns.filter(([name, field]) => field.create && (values[name] ?? null) !== null)
      const column = list.columns.findIndex(([, field]) => isWritable(field, true))
      const made = store.addLine(list.name, Object.fromEntries(given.map(([name]) => [name, values[name]])), index + 1)
      setActive({ line: made, column })
    },
    [list, store],
  )

  const onKeys = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (active === undefined) return
    const input = event.target as HTMLElement
    const isOpen = input.getAttribute("aria-expanded") === "true"
    const option = isOpen ? document.getElementById(input.getAttribute("aria-activedescendant") ?? "") : null
    const take = (): void => {
      event.preventDefault()
      event.stopPropagation()
    }
    const step = event.key === "ArrowUp" ? -1 : 1
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      if (isOpen || event.altKey || event.ctrlKey || event.metaKey) return
      take()
      if (event.shiftKey) {
        const from = selected ?? active
        const index = Math.max(0, Math.min(lines.length - 1, shape.lines.indexOf(from.line) + step))
        setAnchor(anchor ?? active)
        setSelected({ line: shape.lines[index] as string, column: from.column })
        return
      }
      const to = beneath(shape, active, step)
      if (to) go(to)
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (option) return
      take()
      const to = beneath(shape, active, event.shiftKey ? -1 : 1)
      if (to) go(to)
      else if (!event.shiftKey && !isBlankLine(active.line)) add()
    } else if (event.key === "Tab") {
      option?.click()
      const to = besides(shape, active, event.shiftKey ? -1 : 1)
      if (to) {
        take()
        go(to)
      } else if (!event.shiftKey) {
        take()
        if (isBlankLine(active.line)) leave()
        else add()
      }
    } else if (event.key === "Delete" && (event.ctrlKey || event.metaKey)) {
      take()
      remove(active.line)
    } else if (event.key.toLowerCase() === "d" && event.shiftKey && (event.ctrlKey || event.metaKey)) {
      take()
      duplicate(active.line)
    }
  }
  const isBlankLine = (key: string): boolean => {
    const line = shownLines(store.view.state, list.name).find((each) => each.key === key)
    return (
      line !== undefined && isBlank(line) && ![...store.view.unsettled.values()].some(({ place }) => place.line === key)
    )
  }
  /** Escape first takes back what was typed, then leaves the grid. */
  const onEscape = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key !== "Escape" || event.defaultPrevented || active === undefined) return
    event.preventDefault()
    event.stopPropagation()
    leave()
  }
  const addressOf = (target: EventTarget): CellAddress | undefined => {
    const cell = (target as HTMLElement).closest<HTMLElement>("[data-cell]")
    const line = cell?.closest<HTMLElement>("[data-line]")?.dataset["line"]
    return cell && line !== undefined ? { line, column: Number(cell.dataset["cell"]) } : undefined
  }
  const onMouseDown = (event: MouseEvent<HTMLDivElement>): void => {
    const at = addressOf(event.target)
    if (at === undefined || event.button !== 0) return
    if (event.shiftKey && active) {
      event.preventDefault()
      setAnchor(anchor ?? active)
      setSelected(at)
      return
    }
    // The focus moves when the button is let go: an input that appears under a pressed button would lose its selection.
    if (isEditable(at.line, at.column) && !isActive(at)) event.preventDefault()
  }
  const isActive = (at: CellAddress): boolean => at.line === active?.line && at.column === active.column
  const onClick = (event: MouseEvent<HTMLDivElement>): void => {
    const at = addressOf(event.target)
    if (at && !event.shiftKey && isEditable(at.line, at.column) && !isActive(at)) go(at)
  }
  /** By the keyboard from outside, or by the summary of mistakes. */
  const onFocus = (event: FocusEvent<HTMLDivElement>): void => {
    const at = addressOf(event.target)
    const isInput = event.target.matches("input, select, textarea, button, a")
    if (at && !isInput && isEditable(at.line, at.column)) setActive(at)
  }
  const onBlur = (event: FocusEvent<HTMLDivElement>): void => {
    const to = event.relatedTarget
    if (!(to instanceof Element) || body.current?.contains(to) || to.closest("[role=dialog], [role=listbox]")) return
    session.settled()
    dropBlank()
    setActive(undefined)
    setSelected(undefined)
    setAnchor(undefined)
  }
  const range = selected && anchor ? rangeOf(shape, anchor, selected) : undefined
  const onCopy = (event: ClipboardEvent): void => {
    if (range === undefined) return
    event.preventDefault()
    event.clipboardData.setData("text/plain", copied(session, list, range, reader))
  }
  const onPaste = (event: ClipboardEvent): void => {
    const text = event.clipboardData.getData("text/plain")
    if (active === undefined || !mayWrite || !/[\t\n]/.test(text.trimEnd())) return
    event.preventDefault()
    const work = paste({ session, list, at: active, rows: parseTsv(text), reader }).then(
      (count) => tellDone(t.pasted(count), { undo: () => store.undo() }),
      tellProblem,
    )
    session.settle(work)
  }

  const template = `30px ${list.columns.map(([, field]) => widthOf(field)).join(" ")} 56px`
  const entryLine = active === undefined ? lines[0]?.key : undefined
  const entry = entryLine === undefined ? undefined : firstOf(shape, entryLine)?.column
  const row = (line: Line, index: number, top?: number) => (
    <LineRow
      key={line.key}
      list={list}
      line={line}
      patch={patches?.get(line.key)}
      index={index}
      template={template}
      top={top}
      active={active?.line === line.key ? active.column : undefined}
      entry={entryLine === line.key ? entry : undefined}
      range={range && index >= range.first && index <= range.last ? range : undefined}
      mayWrite={mayWrite}
      onRemove={remove}
      onDuplicate={duplicate}
    />
  )
  return (
    <>
      {/* The grid's cells and inputs take the focus; it hears the keys of all of them. */}
      <div
        ref={body}
        role="grid"
        // Where no cell takes the focus the grid does, so that it can be scrolled by keyboard.
        tabIndex={active === undefined && entry === undefined ? 0 : -1}
        aria-label={list.field.label}
        aria-describedby={mayWrite ? help : undefined}
        aria-rowcount={lines.length + 1}
        aria-colcount={list.columns.length + 2}
        aria-readonly={!mayWrite}
        className={classes.grid}
        data-virtual={isVirtual || undefined}
        data-pending={isPending || undefined}
        onKeyDownCapture={onKeys}
        onKeyDown={onEscape}
        onMouseDown={onMouseDown}
        onClick={onClick}
        onFocus={onFocus}
        onBlur={onBlur}
        onCopy={onCopy}
        onPaste={onPaste}
      >
        <div
          role="row"
          aria-rowindex={1}
          className={`${classes.row} ${classes.head}`}
          style={{ gridTemplateColumns: template }}
        >
          <span role="columnheader" className={classes.index}>
            <span className="visually-hidden">{t.lineActions}</span>
          </span>
          {list.columns.map(([name, field]) => (
            <span
              key={name}
              role="columnheader"
              className={`${classes.column} ${isNumeric(field) ? classes.number : ""}`}
            >
              {field.label}
            </span>
          ))}
          <span role="columnheader">
            <span className="visually-hidden">{t.actions}</span>
          </span>
        </div>
        {isVirtual ? (
          <div role="rowgroup" className={classes.virtual} style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => row(lines[index] as Line, index, start))}
          </div>
        ) : (
          lines.map((line, index) => row(line, index))
        )}
      </div>
      <p id={help} className="visually-hidden">
        {t.gridHelp}
      </p>
      {mayWrite && (
        <button
          ref={adding}
          type="button"
          className={`button ${classes.add}`}
          data-kind="plain"
          onPointerEnter={prepare}
          onFocus={prepare}
          onClick={add}
        >
          <IconPlus size={14} aria-hidden /> {t.add}
        </button>
      )}
    </>
  )
}
