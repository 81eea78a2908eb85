import { Button, Menu } from "@mantine/core"
import {
  IconArchive,
  IconArchiveOff,
  IconChevronDown,
  IconChevronRight,
  IconChevronUp,
  IconCopy,
  IconDots,
  IconHelpCircle,
  IconPrinter,
  IconTrash,
} from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { useAriaShortcuts } from "../app/shortcuts.ts"
import { useMayExplain } from "../panels/use-may-explain.ts"
import { valueLabel } from "../fields/format.ts"
import { partsOf } from "../metadata/model.ts"
import { countChanges } from "./form-state.ts"
import type { FormCommands } from "./use-commands.tsx"
import { StatusBar } from "./status-bar.tsx"
import { useFormTexts } from "./text.ts"
import type { Offered } from "./transitions.ts"
import { useForm, useFormView } from "./use-form.ts"
import classes from "./form.module.css"

interface FormHeaderProps {
  readonly commands: FormCommands
  readonly stateField: string | undefined
}

/** What the record is, where it stands, and what can be done with it. */
export function FormHeader({ commands, stateField }: FormHeaderProps) {
  const t = useFormTexts()
  const session = useForm()
  const { model } = session.model
  const title = useFormView(() => session.title)
  const isNew = useFormView(({ state }) => state.base === undefined)
  const isArchived = useFormView(({ state }) => (state.base?.["archivedAt"] ?? null) !== null)
  const { service, name } = partsOf(model.collection)
  return (
    <header className={classes.header}>
      <div className={classes.headRow}>
        <nav className={classes.crumbs} aria-label={model.plural}>
          <Link to="/$service/$collection" params={{ service, collection: name }} search={commands.listSearch}>
            {model.plural}
          </Link>
          <IconChevronRight size={14} aria-hidden />
        </nav>
        <h1 className={classes.title} id="record-title" tabIndex={-1}>
          {isNew ? t.newOf(model.title) : title}
        </h1>
        {isArchived && <span className={classes.badge}>{t.archived}</span>}
        <SaveState />
        <span className={classes.spring} />
        {!isNew && <Neighbours commands={commands} />}
      </div>
      <div className={classes.headRow}>
        <SaveButtons commands={commands} />
        {!isNew && <Transitions commands={commands} />}
        {!isNew && <MoreMenu commands={commands} isArchived={isArchived} />}
        <span className={classes.spring} />
        {stateField !== undefined && <StatusBar field={stateField} />}
      </div>
    </header>
  )
}

/** How much is not saved. Read out when it changes between none and some. */
function SaveState() {
  const t = useFormTexts()
  const changes = useFormView(({ state, unsettled }) =>
    state.base === undefined ? 0 : countChanges(state) + unsettled.size,
  )
  const isSaving = useFormView((view) => view.isSaving)
  return (
    <span className={classes.saveState} role="status">
      {isSaving ? t.saving : changes > 0 ? t.unsaved(changes) : ""}
    </span>
  )
}

function SaveButtons({ commands }: { readonly commands: FormCommands }) {
  const t = useFormTexts()
  const session = useForm()
  const isNew = useFormView(({ state }) => state.base === undefined)
  const isDirty = useFormView(() => session.isDirty)
  const isSaving = useFormView((view) => view.isSaving)
  const keys = useAriaShortcuts("form.save.always", "form.save.enter")
  if (!commands.mayWrite) return null
  return (
    <>
      <Button
        data-primary
        onClick={commands.save}
        disabled={(!isDirty && !isNew) || isSaving}
        data-save
        aria-keyshortcuts={keys}
      >
        {t.save}
      </Button>
      {(isDirty || isNew) && (
        <Button variant="default" onClick={commands.discard} disabled={isSaving}>
          {t.discard}
        </Button>
      )}
    </>
  )
}

/** So many buttons stand side by side; the rest is in the menu. */
const MAX_BUTTONS = 3

function Transitions({ commands }: { readonly commands: FormCommands }) {
  const t = useFormTexts()
  const offered = commands.offered.filter(({ isPossible }) => isPossible)
  const session = useForm()
  const isDirty = useFormView(() => session.isDirty)
  const isSaving = useFormView((view) => view.isSaving)
  // What goes on with the record is what it waits for, as long as there is nothing to save.
  const variantOf = ({ isNegative, transition, name }: Offered): string => {
    if (isNegative || transition === undefined) return "default"
    return !isDirty && offered.find((each) => !each.isNegative && each.transition)?.name === name ? "filled" : "light"
  }
  const button = (each: Offered): ReactNode => (
    <Button
      key={each.name}
      data-primary
      variant={variantOf(each)}
      disabled={isSaving}
      onClick={() => commands.begin(each)}
    >
      {each.label}
      {each.hasInput && "…"}
    </Button>
  )
  if (offered.length === 0) return null
  return (
    <div className={classes.transitions} role="group" aria-label={t.actions}>
      {offered.slice(0, MAX_BUTTONS).map(button)}
    </div>
  )
}

function MoreMenu({ commands, isArchived }: { readonly commands: FormCommands; readonly isArchived: boolean }) {
  const t = useFormTexts()
  const { model } = useForm().model
  const [isOpen, setOpen] = useState(false)
  const mayExplain = useMayExplain(model.collection, isOpen)
  const reasonOf = ({ isRefused, transition }: Offered): string => {
    if (isRefused || transition === undefined) return t.notAllowed
    const { field } = transition
    return t.notFrom(valueLabel(model.fields[field], commands.stateOf(field)))
  }
  const possible = commands.offered.filter(({ isPossible }) => isPossible)
  const rest = [...possible.slice(MAX_BUTTONS), ...commands.offered.filter(({ isPossible }) => !isPossible)]
  return (
    <Menu position="bottom-start" width={250} withinPortal opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <Button variant="default" aria-label={t.actions} className={classes.more}>
          <IconDots size={16} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {rest.map((each) => (
          <Menu.Item key={each.name} disabled={!each.isPossible} onClick={() => commands.begin(each)}>
            {each.label}
            {!each.isPossible && <span className={classes.reason}>{reasonOf(each)}</span>}
          </Menu.Item>
        ))}
        {rest.length > 0 && <Menu.Divider />}
        {model.rights.create && (
          <Menu.Item leftSection={<IconCopy size={15} aria-hidden />} onClick={commands.duplicate}>
            {t.duplicate}
          </Menu.Item>
        )}
        {model.archive && commands.mayDo(isArchived ? "restore" : "archive", model.rights.update) && (
          <Menu.Item
            leftSection={isArchived ? <IconArchiveOff size={15} aria-hidden /> : <IconArchive size={15} aria-hidden />}
            onClick={commands.archive}
          >
            {isArchived ? t.restore : t.archive}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconPrinter size={15} aria-hidden />} onClick={() => globalThis.print()}>
          {t.print}
        </Menu.Item>
        {mayExplain && (
          <Menu.Item leftSection={<IconHelpCircle size={15} aria-hidden />} onClick={commands.explain}>
            {t.why}
          </Menu.Item>
        )}
        {commands.mayDo("delete", model.rights.delete) && (
          <Menu.Item color="red" leftSection={<IconTrash size={15} aria-hidden />} onClick={commands.remove}>
            {t.delete}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

function Neighbours({ commands }: { readonly commands: FormCommands }) {
  const t = useFormTexts()
  const { neighbours } = commands
  const previousKeys = useAriaShortcuts("form.previous", "form.previous.always")
  const nextKeys = useAriaShortcuts("form.next", "form.next.always")
  return (
    <div className={classes.neighbours}>
      {[
        { id: neighbours?.previous, label: t.previous, keys: previousKeys, Icon: IconChevronUp },
        { id: neighbours?.next, label: t.next, keys: nextKeys, Icon: IconChevronDown },
      ].map(({ id, label, keys, Icon }) => (
        <button
          key={label}
          type="button"
          className="icon-button"
          data-framed
          aria-label={label}
          aria-keyshortcuts={keys}
          aria-disabled={id === undefined}
          onClick={() => id && commands.goTo(id)}
        >
          <Icon size={16} aria-hidden />
        </button>
      ))}
    </div>
  )
}
