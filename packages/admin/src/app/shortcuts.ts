import { useEffect, useRef, useSyncExternalStore } from "react"
import { ariaKeys, isChord, type KeyBindings, keysOf, pressedKeys } from "./keys.ts"
import { isHeld, isTyping } from "./type-ahead.ts"

/**
 * Keys that do something in what is shown now. They rest while somebody types, and while a dialog is open; the sheet ("?") lists them.
 *
 * @module
 */
export interface Shortcut {
  /** Stays the same whatever its keys are: what a person's own keys are kept under. "list.next" */
  readonly id: string
  /** Its usual keys: "j", "Shift+ArrowDown", "Mod+k" (Control, on a Mac Command), "g o" (one after the other); "" has none. */
  readonly keys: string
  /** What it does, in the page's language. */
  readonly label: string
  /**
   * Left out where keys belong to what has the focus, such as Tab in a grid: these are listed, and stay as they are.
   *
   * @returns false where it does not apply now, so that the key keeps its meaning
   */
  readonly run?: () => boolean | void
  /** Also while typing and in dialogs, as long as its keys write nothing. */
  readonly always?: boolean
  /** The palette offers it, too: it needs no place to act on but the page. */
  readonly isCommand?: boolean
}

interface ShortcutGroup {
  readonly title: string
  readonly shortcuts: readonly Shortcut[]
}

/** Between two keys of a sequence at most so long. */
export const SEQUENCE_MS = 900

let groups: readonly ShortcutGroup[] = []
let own: KeyBindings = {}
const listeners = new Set<() => void>()
const tell = (): void => {
  for (const listener of listeners) listener()
}

/** Whose keys count from now on. */
export function bindKeys(bindings: KeyBindings): void {
  own = bindings
  tell()
}

const isInDialog = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("[role=dialog], [role=menu], [role=listbox]") !== null

let first: { readonly key: string; readonly at: number } | undefined

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || isHeld(event)) return
  const key = pressedKeys(event)
  if (key === undefined) return
  const sequence = first && event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${key}` : undefined
  const rests = isTyping(event.target) || isInDialog(event.target)
  let begins = false
  for (const group of groups.toReversed()) {
    for (const shortcut of group.shortcuts) {
      const { run, always } = shortcut
      const keys = keysOf(shortcut, own)
      if (run === undefined || (rests && !(always === true && isChord(keys)))) continue
      if (!rests && keys.startsWith(`${key} `)) begins = true
      if ((keys !== key && keys !== sequence) || run() === false) continue
      event.preventDefault()
      first = undefined
      return
    }
  }
  first = begins ? { key, at: event.timeStamp } : undefined
}
document.addEventListener("keydown", onKeyDown)

/** Offers shortcuts while the component is there. The latest ones count, without being registered anew at each render. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts)
  useEffect(() => {
    latest.current = shortcuts
  })
  useEffect(() => {
    const group: ShortcutGroup = {
      title,
      get shortcuts() {
        return latest.current
      },
    }
    groups = [...groups, group]
    tell()
    return () => {
      groups = groups.filter((each) => each !== group)
      tell()
    }
  }, [title])
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
/** What the sheet lists. */
export const useShortcutGroups = (): readonly ShortcutGroup[] => useSyncExternalStore(subscribe, () => groups)

/** For `aria-keyshortcuts` of what does the same as these shortcuts: their keys as they are now. */
export function useAriaShortcuts(...ids: readonly string[]): string | undefined {
  const keys = (): string =>
    groups
      .flatMap(({ shortcuts }) => shortcuts)
      .filter(({ id }) => ids.includes(id))
      .map((shortcut) => ariaKeys(keysOf(shortcut, own)))
      .filter((each) => each !== undefined)
      .join(" ")
  return useSyncExternalStore(subscribe, keys) || undefined
}
