import { Combobox, Modal, useCombobox } from "@mantine/core"
import { IconSearch } from "@tabler/icons-react"
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react"
import { tellSelected } from "../fields/tell-selected.ts"
import { texts } from "../i18n/language.ts"
import { useEntries } from "./palette-entries.tsx"
import classes from "./palette.module.css"

const useTexts = texts(
  {
    prompt: "Search records, open a list, do something…",
    nothing: "Nothing found",
    searching: "Searching…",
  },
  {
    prompt: "Chercher des fiches, ouvrir une liste, agir…",
    nothing: "Rien trouvé",
    searching: "Recherche…",
  },
)

/** Goes anywhere and finds anything, by keyboard: lists, records of all services, actions. */
export function Palette({ close }: { readonly close: () => void }) {
  const t = useTexts()
  const [isOpen, setOpen] = useState(true)
  const [words, setWords] = useState("")
  const { groups, isSearching } = useEntries(words)
  // A list without options is none to whoever hears it.
  const combobox = useCombobox({ opened: groups.length > 0 })
  const input = useRef<HTMLInputElement>(null)
  /** Enter was pressed before it was known what the words find. */
  const takesFirst = useRef(false)
  const ids = groups.flatMap(({ entries }) => entries.map(({ id }) => id))
  const found = ids.join()
  useEffect(() => {
    // Other words have another best match; what comes later for the same ones leaves what arrow keys have chosen.
    combobox.resetSelectedOption()
    // oxlint-disable-next-line react/exhaustive-deps -- the combobox is another object at each render
  }, [words])
  useEffect(() => {
    if (takesFirst.current && ids[0] !== undefined) choose(ids[0])
    else if (words !== "" && combobox.getSelectedOptionIndex() === -1) combobox.selectFirstOption()
    else combobox.updateSelectedOptionIndex("selected")
    // oxlint-disable-next-line react/exhaustive-deps -- the combobox is another object at each render
  }, [words, found])
  const listens = useCallback(
    (list: HTMLDivElement | null) => (list && input.current ? tellSelected(list, input.current) : undefined),
    [],
  )
  const choose = (chosen: string): void => {
    takesFirst.current = false
    setOpen(false)
    for (const { entries } of groups) entries.find(({ id }) => id === chosen)?.run()
  }
  const onKey = (event: KeyboardEvent): void => {
    // The kit leaves Escape to a list that could be closed.
    if (event.key === "Escape") setOpen(false)
    takesFirst.current = event.key === "Enter" && ids.length === 0 && isSearching
  }
  return (
    <Modal.Root
      opened={isOpen}
      onClose={() => setOpen(false)}
      onExitTransitionEnd={close}
      size={600}
      yOffset="14vh"
      lockScroll={false}
      transitionProps={{ duration: 80, transition: "pop" }}
      classNames={{ content: classes["palette"] ?? "" }}
    >
      <Modal.Overlay blur={0} backgroundOpacity={0.32} />
      <Modal.Content aria-label={t.prompt}>
        <Combobox store={combobox} onOptionSubmit={choose}>
          <div className={classes["search"]}>
            <IconSearch size={18} aria-hidden />
            <Combobox.EventsTarget targetType="input" withExpandedAttribute>
              <input
                ref={input}
                // What it opens, and whether, is said by the kit.
                // oxlint-disable-next-line jsx-a11y/role-has-required-aria-props
                role="combobox"
                data-autofocus
                autoComplete="off"
                spellCheck={false}
                aria-label={t.prompt}
                placeholder={t.prompt}
                value={words}
                onChange={({ target }) => setWords(target.value)}
                onKeyDown={onKey}
              />
            </Combobox.EventsTarget>
          </div>
          {groups.length > 0 && (
            <Combobox.Options ref={listens} className={classes["entries"]} aria-label={t.prompt}>
              {groups.map(({ label, entries }) => (
                <Combobox.Group key={label} label={label}>
                  {entries.map(({ id, label: name, detail, icon }) => (
                    <Combobox.Option key={id} value={id} className={classes["entry"]}>
                      {icon}
                      <span className={classes["label"]}>{name}</span>
                      {detail && <span className={classes["detail"]}>{detail}</span>}
                    </Combobox.Option>
                  ))}
                </Combobox.Group>
              ))}
            </Combobox.Options>
          )}
          <div role="status" className={classes["note"]}>
            {isSearching ? t.searching : groups.length === 0 && t.nothing}
          </div>
        </Combobox>
      </Modal.Content>
    </Modal.Root>
  )
}
