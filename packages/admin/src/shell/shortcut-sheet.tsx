import { Dialog } from "../app/dialog.tsx"
import { useShortcutGroups } from "../app/shortcuts.ts"
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

function Keys({ keys, then }: { readonly keys: string; readonly then: string }) {
  return keys.split(" ").map((step, at) => (
    <span key={step}>
      {at > 0 && <span className="quiet"> {then} </span>}
      {step.split("+").map((key) => (
        <kbd key={key} className="key">
          {names[key] ?? (key.length === 1 ? key.toUpperCase() : key)}
        </kbd>
      ))}
    </span>
  ))
}

/** Every key that does something in what is shown now. */
export function ShortcutSheet({ close }: { readonly close: () => void }) {
  const t = useShellTexts()
  const groups = useShortcutGroups().filter(({ shortcuts }) => shortcuts.length > 0)
  return (
    <Dialog opened onClose={close} title={t.shortcuts} size="lg">
      <div className={classes["groups"]}>
        {groups.map(({ title, shortcuts }) => (
          <section key={title}>
            <h3 className={classes["title"]}>{title}</h3>
            <dl className={classes["list"]}>
              {shortcuts.map(({ keys, label }) => (
                <div key={keys}>
                  <dt>{label}</dt>
                  <dd>
                    <Keys keys={keys} then={t.andThen} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
