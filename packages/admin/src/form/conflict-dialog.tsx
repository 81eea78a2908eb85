import { Button } from "@mantine/core"
import { useId, useState } from "react"
import type { UiField, UiModel } from "../metadata/model.ts"
import type { Conflict } from "./merge.ts"
import { ReadValue } from "./field-row.tsx"
import { useFormTexts } from "./text.ts"
import { useForm, useFormView } from "./use-form.ts"
import { Dialog } from "../app/dialog.tsx"
import classes from "./form.module.css"

type Choice = "mine" | "theirs"

/** What both changed: as it was, mine and theirs, with a choice for each. All else was put together already. */
export function ConflictDialog() {
  const t = useFormTexts()
  const session = useForm()
  const conflict = useFormView((view) => view.conflict)
  const [choices, setChoices] = useState<Readonly<Record<number, Choice>>>({})
  if (conflict === undefined) return null
  const { conflicts } = conflict
  const apply = (): void => {
    session.decide(conflicts.map((_, index) => choices[index] ?? "mine"))
    setChoices({})
  }
  return (
    <Dialog
      opened
      onClose={apply}
      title={t.conflictTitle}
      size="xl"
      closeOnClickOutside={false}
      withCloseButton={false}
    >
      <p className={classes.dialogWhy}>{t.conflictWhy}</p>
      <div className={classes.conflicts}>
        {conflicts.map((each, index) => (
          <ConflictRow
            key={conflictKey(each)}
            conflict={each}
            choice={choices[index] ?? "mine"}
            onChoice={(choice) => setChoices((known) => ({ ...known, [index]: choice }))}
          />
        ))}
      </div>
      <div className={classes.dialogButtons}>
        <Button onClick={apply} data-autofocus>
          {t.apply}
        </Button>
      </div>
    </Dialog>
  )
}

const conflictKey = (conflict: Conflict): string =>
  conflict.kind === "line" ? `line ${conflict.line}` : `value ${conflict.line ?? ""} ${conflict.field}`

interface ConflictRowProps {
  readonly conflict: Conflict
  readonly choice: Choice
  readonly onChoice: (choice: Choice) => void
}

function ConflictRow({ conflict, choice, onChoice }: ConflictRowProps) {
  const t = useFormTexts()
  const session = useForm()
  const { model, lists } = session.model
  const list = lists.find(({ name }) => name === conflict.list)
  const of: UiModel = list?.model ?? model
  const line =
    list === undefined ? undefined : session.view.state.lines[list.name]?.findIndex(({ key }) => key === conflict.line)
  const place = line === undefined || line < 0 ? "" : `${t.lineOf(line + 1)}, `
  if (conflict.kind === "line") {
    const byMe = conflict.deletedBy === "me"
    const label = `${place}${byMe ? t.lineDeletedByMe : t.lineDeletedByThem}`
    const keeps: Choice = byMe ? "theirs" : "mine"
    const drops: Choice = byMe ? "mine" : "theirs"
    return (
      <section className={classes.conflict} aria-label={label}>
        <h3>{label}</h3>
        <Choices
          label={label}
          choice={choice}
          onChoice={onChoice}
          offered={[
            [keeps, t.keepLine],
            [drops, t.dropLine],
          ]}
        />
      </section>
    )
  }
  const field = of.fields[conflict.field] as UiField
  const label = `${place}${field.label}`
  const value = (title: string, shown: unknown, isChosen: boolean) => (
    <div className={classes.side} data-chosen={isChosen || undefined}>
      <dt>{title}</dt>
      <dd>
        <ReadValue
          model={of}
          place={{ field: conflict.field, list: conflict.list, line: conflict.line }}
          field={field}
          value={shown}
        />
      </dd>
    </div>
  )
  return (
    <section className={classes.conflict} aria-label={label}>
      <h3>{label}</h3>
      <dl className={classes.sides}>
        {value(t.before, conflict.before, false)}
        {value(t.mine, conflict.mine, choice === "mine")}
        {value(t.theirs, conflict.theirs, choice === "theirs")}
      </dl>
      <Choices
        label={label}
        choice={choice}
        onChoice={onChoice}
        offered={[
          ["mine", t.mine],
          ["theirs", t.theirs],
        ]}
      />
    </section>
  )
}

interface ChoicesProps {
  readonly label: string
  readonly choice: Choice
  readonly offered: readonly (readonly [Choice, string])[]
  readonly onChoice: (choice: Choice) => void
}

function Choices({ label, choice, offered, onChoice }: ChoicesProps) {
  const name = useId()
  return (
    <div role="radiogroup" aria-label={label} className={classes.choices}>
      {offered.map(([value, words]) => (
        <label key={value} className={classes.choice}>
          <input type="radio" name={name} checked={choice === value} onChange={() => onChoice(value)} />
          {words}
        </label>
      ))}
    </div>
  )
}
