import { expect, test } from "vitest"
import {
  ariaKeys,
  canBegin,
  doCollide,
  isChord,
  isFree,
  keysOf,
  pressedKeys,
  readBindings,
  withBinding,
} from "./keys.ts"

const event = (key: string, held: object = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
})

test("keys are named as they are pressed, whatever writes a sign on a keyboard", () => {
  expect(pressedKeys(event("J", { shiftKey: true }))).toBe("Shift+j")
  expect(pressedKeys(event("?", { shiftKey: true }))).toBe("?")
  expect(pressedKeys(event("k", { metaKey: true }))).toBe("Mod+k")
  expect(pressedKeys(event("ArrowDown", { shiftKey: true, ctrlKey: true }))).toBe("Mod+Shift+ArrowDown")
  expect(pressedKeys(event("Shift", { shiftKey: true }))).toBeUndefined()
})

test("assistive technology is told keys by their names, and nothing of those that it has no words for", () => {
  expect(["Mod+s", "Mod+Enter", "j", "Shift+ArrowDown", "/"].map(ariaKeys)).toEqual([
    "Control+S",
    "Control+Enter",
    "J",
    "Shift+ArrowDown",
    "/",
  ])
  expect(["", "g o"].map(ariaKeys)).toEqual([undefined, undefined])
})

test("what writes a letter rests while somebody types, and begins sequences", () => {
  expect(["Mod+s", "Alt+n", "F2", "s", "Shift+f", "g h"].map(isChord)).toEqual([true, true, true, false, false, false])
  expect(["g", "Shift+g", "Mod+g", "/", "ArrowUp"].map(canBegin)).toEqual([true, true, false, false, false])
})

test("keys collide with the same and with sequences that they begin", () => {
  expect([doCollide("j", "j"), doCollide("g", "g h"), doCollide("g h", "g"), doCollide("g h", "g o")]).toEqual([
    true,
    true,
    true,
    false,
  ])
  expect([doCollide("", ""), isFree("Mod+w"), isFree("Tab"), isFree("g t")]).toEqual([false, false, false, true])
})

test("own keys go before the usual ones; another that had them loses them, and the usual ones are not kept", () => {
  const next = { id: "next", keys: "j" }
  const edit = { id: "edit", keys: "e" }
  const own = withBinding({}, next, "e", [edit])
  expect(own).toEqual({ next: "e", edit: "" })
  expect([keysOf(next, own), keysOf(edit, own)]).toEqual(["e", ""])
  expect(withBinding(own, next, "j")).toEqual({ edit: "" })
  expect(withBinding(own, edit, undefined)).toEqual({ next: "e" })
  expect(readBindings({ next: "e", other: 3 })).toEqual({ next: "e" })
  expect(readBindings("e")).toEqual({})
})
