/**
 * Keys as texts: "j", "Shift+ArrowDown", "Mod+k", "g o". Which keys do what is data, so that a person can have their own.
 *
 * @module
 */

/** A person's own keys, by the id of what they do; "" takes them away. What is not named has its usual ones. */
export type KeyBindings = Readonly<Record<string, string>>

interface Bound {
  readonly id: string
  readonly keys: string
}

export const keysOf = ({ id, keys }: Bound, own: KeyBindings): string => own[id] ?? keys

const modifiers: ReadonlySet<string> = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead"])

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">

/** What was pressed; undefined as long as it is modifiers alone. */
export function pressedKeys({ key, ctrlKey, metaKey, altKey, shiftKey }: Pressed): string | undefined {
  // What a browser fills in by itself comes as a key without a name.
  if (typeof key !== "string" || modifiers.has(key)) return undefined
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase()
  return [
    ...(ctrlKey || metaKey ? ["Mod"] : []),
    ...(altKey ? ["Alt"] : []),
    // "?" is written with Shift on some keyboards only.
    ...(shiftKey && !isSign ? ["Shift"] : []),
    key === " " ? "Space" : key.length === 1 ? key.toLowerCase() : key,
  ].join("+")
}

/** Keys as `aria-keyshortcuts` has them (WAI-ARIA 1.2); undefined for what it cannot say: no keys, and keys one after the other. */
export function ariaKeys(keys: string): string | undefined {
  if (keys === "" || keys.includes(" ")) return undefined
  return keys
    .split("+")
    .map((key) => (key === "Mod" ? "Control" : key.length === 1 ? key.toUpperCase() : key))
    .join("+")
}

/** Whether keys write nothing, so that they can act while somebody types. */
export const isChord = (keys: string): boolean => /^(?:Mod|Alt)\+|^F\d+$/.test(keys)

/** Whether keys can begin a sequence: those that write a letter. */
export const canBegin = (keys: string): boolean => /^(?:Shift\+)?\p{L}$/u.test(keys)

/** Whether of two that are there at once one hides the other. */
export const doCollide = (a: string, b: string): boolean =>
  a !== "" && b !== "" && (a === b || a.startsWith(`${b} `) || b.startsWith(`${a} `))

/** Keys that browsers keep for themselves, whatever a page does, and those that lead on by keyboard. */
const reserved: ReadonlySet<string> = new Set(
  `Mod+n Mod+t Mod+w Mod+Shift+n Mod+Shift+t Mod+Shift+w Mod+q Mod+Tab Alt+F4 F11 F12
   Tab Shift+Tab Enter Space Escape Mod+c Mod+v Mod+x`.split(/\s+/),
)

/** Whether somebody can give these keys to something. */
export const isFree = (keys: string): boolean => keys.split(" ").every((step) => !reserved.has(step))

/**
 * A person's own keys after one more choice.
 *
 * @param others What loses the same keys by it.
 */
export function withBinding(
  own: KeyBindings,
  bound: Bound,
  keys: string | undefined,
  others: readonly Bound[] = [],
): KeyBindings {
  const { [bound.id]: _, ...rest } = own
  return {
    ...rest,
    ...Object.fromEntries(others.map(({ id }) => [id, ""])),
    ...(keys === undefined || keys === bound.keys ? {} : { [bound.id]: keys }),
  }
}

/** What a person's settings hold, as far as it is keys. */
export function readBindings(value: unknown): KeyBindings {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  )
}
