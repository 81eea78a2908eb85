import { IconAlertTriangle, IconRestore } from "@tabler/icons-react"
import { type KeyboardEvent, useEffect, useRef, useState } from "react"
import { Dialog } from "../app/dialog.tsx"
import { canBegin, doCollide, isFree, type KeyBindings, keysOf, pressedKeys, withBinding } from "../app/keys.ts"
import { useOwnKeys } from "../app/own-keys.ts"
import { SEQUENCE_MS, type Shortcut, useShortcutGroups } from "../app/shortcuts.ts"
import { tellProblem } from "../app/toasts.tsx"
import { useShellTexts } from "./text.ts"
import classes from "./shortcut-sheet.module.css"

const names: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Mod: navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl",
  Escape: "Esc",
}
const nameOf = (key: string): string => names[key] ?? (key.length === 1 ? key.toUpperCase() : key)
const inWords = (keys: string): string =>
  keys
    .split(" ")
    .map((step) => step.split("+").map(nameOf).join("+"))
    .join(" ")

function Keys({ keys, then }: { readonly keys: string; readonly then: string }) {
  return keys.split(" ").map((step, at) => (
    <span key={step}>
      {at > 0 && <span className="quiet"> {then} </span>}
      {step.split("+").map((key) => (
        <kbd key={key} className="key">
          {nameOf(key)}
        </kbd>
      ))}
    </span>
  ))
}

/** Waits for keys: one chord, or two letters one after the other. Escape leaves all as it was. */
function Capture({ done, left }: { readonly done: (keys: string | undefined) => void; readonly left: () => void }) {
  const t = useShellTexts().sheet
  const button = useRef<HTMLButtonElement>(null)
  const [first, setFirst] = useState<string>()
  useEffect(() => button.current?.focus(), [])
  const latest = useRef(done)
  useEffect(() => {
    latest.current = done
  })
  useEffect(() => {
    if (first === undefined) return
    const timer = setTimeout(() => latest.current(first), SEQUENCE_MS)
    return () => clearTimeout(timer)
  }, [first])
  const onKeyDown = (event: KeyboardEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    const keys = pressedKeys(event.nativeEvent)
    if (keys === undefined) return
    if (keys === "Escape") done(undefined)
    else if (first !== undefined) done(`${first} ${keys}`)
    else if (canBegin(keys)) setFirst(keys)
    else done(keys)
  }
  return (
    <button
      ref={button}
      type="button"
      className={classes["capture"]}
      // The dialog stays open at Escape, too.
      data-mantine-stop-propagation="true"
      onKeyDown={onKeyDown}
      onBlur={left}
    >
      {first === undefined ? t.press : `${inWords(first)} …`}
    </button>
  )
}

/** Keys that somebody chose, before they hold. */
interface Choice {
  readonly shortcut: Shortcut
  /** undefined while they are waited for. */
  readonly keys?: string
}

/** Every key that does something in what is shown now, and the choice of other ones. */
export function ShortcutSheet({ close }: { readonly close: () => void }) {
  const t = useShellTexts()
  // What is there last is what somebody looks at: its keys come first.
  const groups = useShortcutGroups()
    .filter(({ shortcuts }) => shortcuts.length > 0)
    .toReversed()
  const [own, change] = useOwnKeys()
  const [choice, setChoice] = useState<Choice>()
  const sheet = useRef<HTMLDivElement>(null)
  const all = groups.flatMap(({ shortcuts }) => shortcuts)
  const keep = (bindings: KeyBindings): void => void change(bindings).catch((error: unknown) => tellProblem(error))
  const others = (shortcut: Shortcut, keys: string): readonly Shortcut[] =>
    all.filter((each) => each.run && each.id !== shortcut.id && doCollide(keysOf(each, own), keys))
  /** Whoever chose keys is where they are. */
  const end = (id: string): void => {
    setChoice(undefined)
    requestAnimationFrame(() => sheet.current?.querySelector<HTMLElement>(`[data-shortcut="${id}"]`)?.focus())
  }
  const chosen = (shortcut: Shortcut, keys: string | undefined): void => {
    if (keys === undefined || keys === keysOf(shortcut, own)) return end(shortcut.id)
    if (!isFree(keys) || others(shortcut, keys).length > 0) return setChoice({ shortcut, keys })
    keep(withBinding(own, shortcut, keys))
    end(shortcut.id)
  }
  const labels = (shortcuts: readonly Shortcut[]): string =>
    [...new Set(shortcuts.map(({ label }) => label))].join(", ")
  const hasOwn = Object.keys(own).length > 0
  return (
    <Dialog opened onClose={close} title={t.shortcuts} size="lg">
      <div ref={sheet}>
        <p className={classes["note"]}>
          {t.sheet.note}
          {hasOwn && (
            <button type="button" className={classes["plain"]} onClick={() => keep({})}>
              {t.sheet.allUsual}
            </button>
          )}
        </p>
        <div className={classes["groups"]}>
          {groups.map(({ title, shortcuts }) => (
            <section key={title}>
              <h3 className={classes["title"]}>{title}</h3>
              <dl className={classes["list"]}>
                {[...Map.groupBy(shortcuts, ({ label }) => label)].map(([label, same]) => (
                  <div key={label}>
                    <dt>{label}</dt>
                    <dd>
                      {same.map((shortcut) => (
                        <ShortcutKeys
                          key={shortcut.id}
                          shortcut={shortcut}
                          own={own}
                          choice={choice?.shortcut.id === shortcut.id ? choice : undefined}
                          collisions={labels(others(shortcut, keysOf(shortcut, own)))}
                          begin={() => setChoice({ shortcut })}
                          chosen={(keys) => chosen(shortcut, keys)}
                          left={() => setChoice((now) => (now?.keys === undefined ? undefined : now))}
                          reset={() => keep(withBinding(own, shortcut, undefined))}
                        />
                      ))}
                    </dd>
                    {choice?.keys !== undefined && same.some(({ id }) => id === choice.shortcut.id) && (
                      <Doubt
                        keys={choice.keys}
                        others={labels(others(choice.shortcut, choice.keys))}
                        leave={() => end(choice.shortcut.id)}
                        take={() => {
                          const { shortcut, keys = "" } = choice
                          keep(withBinding(own, shortcut, keys, others(shortcut, keys)))
                          end(shortcut.id)
                        }}
                      />
                    )}
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </div>
    </Dialog>
  )
}

function ShortcutKeys({
  shortcut,
  own,
  choice,
  collisions,
  begin,
  chosen,
  left,
  reset,
}: {
  readonly shortcut: Shortcut
  readonly own: KeyBindings
  readonly choice: Choice | undefined
  /** What has the same keys, in words. */
  readonly collisions: string
  readonly begin: () => void
  readonly chosen: (keys: string | undefined) => void
  readonly left: () => void
  readonly reset: () => void
}) {
  const t = useShellTexts()
  const { id, label, run } = shortcut
  const keys = keysOf(shortcut, own)
  if (run === undefined) return <Keys keys={keys} then={t.andThen} />
  if (choice && choice.keys === undefined) return <Capture done={chosen} left={left} />
  return (
    <>
      {collisions !== "" && (
        <span className={classes["collides"]} title={t.sheet.collides(collisions)}>
          <IconAlertTriangle size={14} aria-hidden />
          <span className="visually-hidden">{t.sheet.collides(collisions)}</span>
        </span>
      )}
      {own[id] !== undefined && (
        <button
          type="button"
          className={classes["reset"]}
          aria-label={t.sheet.usual(label)}
          title={t.sheet.usual(label)}
          onClick={reset}
        >
          <IconRestore size={14} stroke={1.8} aria-hidden />
        </button>
      )}
      <button type="button" className={classes["keys"]} data-shortcut={id} onClick={begin}>
        <span className="visually-hidden">{label}: </span>
        {keys === "" ? <span className={classes["none"]}>{t.sheet.none}</span> : <Keys keys={keys} then={t.andThen} />}
        <span className="visually-hidden">{t.sheet.change}</span>
      </button>
    </>
  )
}

/** The chosen keys do something else already. */
function Doubt({
  keys,
  others,
  take,
  leave,
}: {
  readonly keys: string
  readonly others: string
  readonly take: () => void
  readonly leave: () => void
}) {
  const t = useShellTexts().sheet
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  const canTake = isFree(keys)
  return (
    <dd className={classes["doubt"]} role="alert">
      {canTake ? t.taken(inWords(keys), others) : t.reserved(inWords(keys))}
      {canTake && (
        <button type="button" className={classes["plain"]} onClick={take}>
          {t.take}
        </button>
      )}
      <button ref={button} type="button" className={classes["plain"]} onClick={leave}>
        {t.leave}
      </button>
    </dd>
  )
}
