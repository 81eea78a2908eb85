import { useEffect, useRef, useSyncExternalStore } from "react"

/**
 * Keys that do something in what is shown now. They rest while somebody types, and while a dialog is open; the sheet ("?") lists them.
 *
 * @module
 */
export interface Shortcut {
  /** "j", "Shift+ArrowDown", "Mod+k" (Control, on a Mac Command), "g o" (one after the other). */
  readonly keys: string
  /** What it does, in the page's language. */
  readonly label: string
  /** @returns false where it does not apply now, so that the key keeps its meaning */
  readonly run: (event: KeyboardEvent) => boolean | void
  /** Also while typing and in dialogs. */
  readonly always?: boolean
}

interface Group {
  readonly title: string
  readonly shortcuts: readonly Shortcut[]
}

/** Between two keys of a sequence at most so long. */
const SEQUENCE_MS = 900

let groups: readonly Group[] = []
const listeners = new Set<() => void>()
const tell = (): void => {
  for (const listener of listeners) listener()
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("input:not([type=checkbox],[type=radio],[type=button]), textarea, select"))

const isInDialog = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("[role=dialog], [role=menu], [role=listbox]") !== null

function pressed(event: KeyboardEvent): string {
  const { key } = event
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase()
  return [
    ...(event.ctrlKey || event.metaKey ? ["Mod"] : []),
    ...(event.altKey ? ["Alt"] : []),
    // "?" is written with Shift on some keyboards only.
    ...(event.shiftKey && !isSign ? ["Shift"] : []),
    key.length === 1 ? key.toLowerCase() : key,
  ].join("+")
}

let held = 0
/** Lets no key do anything until what one of them asked for is there: whoever types on means that. */
export function holdShortcuts(until: Promise<unknown>): void {
  held++
  void until.finally(() => {
    held--
  })
}

let first: { readonly key: string; readonly at: number } | undefined

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const key = pressed(event)
  const sequence = first && event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${key}` : undefined
  if (held > 0 && !isTyping(event.target)) return event.preventDefault()
  const rests = isTyping(event.target) || isInDialog(event.target)
  for (const group of groups.toReversed()) {
    for (const { keys, run, always } of group.shortcuts) {
      if ((rests && always !== true) || (keys !== key && keys !== sequence)) continue
      if (run(event) === false) continue
      event.preventDefault()
      first = undefined
      return
    }
  }
  const begins = !rests && groups.some(({ shortcuts }) => shortcuts.some(({ keys }) => keys.startsWith(`${key} `)))
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
    const group: Group = {
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
export const useShortcutGroups = (): readonly Group[] => useSyncExternalStore(subscribe, () => groups)
