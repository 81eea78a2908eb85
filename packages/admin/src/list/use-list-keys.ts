import type { RefObject } from "react"
import { useShortcuts } from "../app/shortcuts.ts"
import type { Items } from "./items.ts"
import type { ListMemory } from "./list-memory.ts"
import { useListTexts } from "./text.ts"
import type { ToolName } from "./toolbar.tsx"
import type { Cursor } from "./use-cursor.ts"

/** The keys of a list: those that move in it rest while the focus is in something beside it. */
export function useListKeys(of: {
  readonly items: Items | undefined
  readonly memory: ListMemory
  readonly cursor: Cursor
  readonly grid: RefObject<HTMLElement | null>
  readonly input: RefObject<HTMLElement | null>
  readonly openTool: (name: ToolName) => void
  /** Undefined where nobody may. */
  readonly create: (() => void) | undefined
  readonly openActive: () => boolean
  readonly editActive: () => boolean
}): void {
  const { items, memory, cursor, grid, input, openTool, create, openActive, editActive } = of
  const t = useListTexts()
  const { keys } = t
  const isInGrid = (): boolean =>
    document.activeElement === grid.current ||
    document.activeElement === document.body ||
    document.activeElement?.id === "content"
  const inGrid = (run: () => boolean | void) => (): boolean | void => isInGrid() && run()
  const tool = (name: ToolName) => (): void => openTool(name)
  const column = (): number => memory.active?.column ?? 0
  useShortcuts(keys.title, [
    { id: "list.search", keys: "/", label: keys.search, run: () => input.current?.focus() },
    { id: "list.filter", keys: "f", label: keys.filter, run: tool("filter"), isCommand: true },
    { id: "list.group", keys: "Shift+g", label: t.group, run: tool("group"), isCommand: true },
    { id: "list.columns", keys: "Shift+c", label: t.columns, run: tool("columns"), isCommand: true },
    { id: "list.favourites", keys: "Shift+f", label: t.favourites, run: tool("favourites"), isCommand: true },
    ...(create
      ? [
          { id: "list.create", keys: "n", label: keys.create, run: create, isCommand: true },
          { id: "list.create.always", keys: "Alt+n", label: keys.create, run: create, always: true },
        ]
      : []),
    { id: "list.next", keys: "j", label: keys.next, run: () => cursor.step(1) },
    { id: "list.next.arrow", keys: "ArrowDown", label: keys.next, run: inGrid(() => cursor.step(1)) },
    { id: "list.previous", keys: "k", label: keys.previous, run: () => cursor.step(-1) },
    { id: "list.previous.arrow", keys: "ArrowUp", label: keys.previous, run: inGrid(() => cursor.step(-1)) },
    { id: "list.first", keys: "Home", label: keys.first, run: inGrid(() => cursor.activate(0, column(), "start")) },
    {
      id: "list.last",
      keys: "End",
      label: keys.last,
      run: inGrid(() => {
        if (!items) return false
        items.needEnd()
        cursor.activate(items.length - 1, column())
      }),
    },
    { id: "list.open", keys: "Enter", label: keys.open, run: inGrid(openActive) },
    {
      id: "list.select",
      keys: "x",
      label: keys.select,
      run: () => memory.active !== undefined && cursor.toggleRow(memory.active.index, false),
    },
    { id: "list.extendDown", keys: "Shift+ArrowDown", label: keys.extendDown, run: inGrid(() => cursor.extend(1)) },
    { id: "list.extendUp", keys: "Shift+ArrowUp", label: keys.extendUp, run: inGrid(() => cursor.extend(-1)) },
    { id: "list.rangeRight", keys: "Shift+ArrowRight", label: keys.range, run: inGrid(() => cursor.reach(0, 1)) },
    { id: "list.rangeLeft", keys: "Shift+ArrowLeft", label: keys.range, run: inGrid(() => cursor.reach(0, -1)) },
    { id: "list.edit", keys: "e", label: keys.edit, run: editActive },
    { id: "list.clear", keys: "Escape", label: keys.clear, run: () => cursor.clear() },
    { id: "list.copy", keys: "Mod+c", label: keys.copy },
    { id: "list.paste", keys: "Mod+v", label: keys.paste },
  ])
}
