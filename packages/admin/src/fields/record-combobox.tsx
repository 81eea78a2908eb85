import { Combobox, useCombobox } from "@mantine/core"
import { type InputHTMLAttributes, type ReactNode, useCallback, useEffect, useRef, useState } from "react"
import { isAborted, ProblemError } from "../api/problem.ts"
import { useFormTexts } from "../form/text.ts"
import { findOptions, knownOptions, type Option, type OptionsOf, refreshOptions } from "./reference-options.ts"
import { tellSelected } from "./tell-selected.ts"
import classes from "./inputs.module.css"

/** The service is asked when somebody pauses. */
const PAUSE_MS = 150
const CREATE = "$create"

interface RecordComboboxProps {
  readonly of: OptionsOf
  readonly input: InputHTMLAttributes<HTMLInputElement>
  /** What is typed; undefined while nobody types. */
  readonly words: string | undefined
  readonly shown: string
  readonly onWords: (words: string | undefined) => void
  readonly onChoose: (option: Option) => void
  /** Makes a record of that name; undefined where that is not allowed. */
  readonly onCreate?: ((name: string) => void) | undefined
  readonly except?: ReadonlySet<string>
  readonly children?: ReactNode
}

/** A text in which the records that it may mean are offered (ARIA: combobox with a list). */
export function RecordCombobox({
  of,
  input,
  words,
  shown,
  onWords,
  onChoose,
  onCreate,
  except,
  children,
}: RecordComboboxProps) {
  const t = useFormTexts()
  // What is offered is made ready when somebody comes: a form has many of these, and few are opened.
  const [isNear, setNear] = useState(false)
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const isOpen = combobox.dropdownOpened
  const { options, isCurrent, problem } = useOptions(of, words ?? "", isOpen)
  const offered = options?.filter(({ id }) => !except?.has(id))
  const element = useRef<HTMLInputElement>(null)
  const count = offered?.length
  const isSearching = isOpen && words !== undefined && words !== ""
  /** Enter was pressed before it was known what the words find. */
  const takesFirst = useRef(false)
  useEffect(() => {
    if (!isSearching) return
    // What Enter takes while somebody types: the best match of these words, never of the ones before.
    if (!isCurrent) combobox.resetSelectedOption()
    else if (takesFirst.current) takeFirst()
    else if (count) combobox.selectFirstOption()
    // oxlint-disable-next-line react/exhaustive-deps -- the combobox is another object at each render
  }, [isSearching, isCurrent, words, count])

  const listens = useCallback(
    (list: HTMLDivElement | null) => (list && element.current ? tellSelected(list, element.current) : undefined),
    [],
  )

  const choose = (value: string): void => {
    combobox.closeDropdown()
    if (value === CREATE) onCreate?.(words ?? "")
    else {
      const option = offered?.find(({ id }) => id === value)
      if (option) onChoose(option)
    }
    element.current?.focus()
  }
  const takeFirst = (): void => {
    takesFirst.current = false
    const first = offered?.[0]
    if (first) choose(first.id)
  }
  const name = words?.trim() ?? ""
  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal position="bottom-start" offset={2} shadow="md">
      <Combobox.Target targetType="input" withExpandedAttribute>
        <input
          ref={element}
          type="text"
          // What it opens, and whether, is said by the kit.
          // oxlint-disable-next-line jsx-a11y/role-has-required-aria-props
          role="combobox"
          autoComplete="off"
          spellCheck={false}
          {...input}
          value={words ?? shown}
          onFocus={(event) => {
            setNear(true)
            input.onFocus?.(event)
          }}
          onClick={() => combobox.openDropdown()}
          onChange={({ target }) => {
            takesFirst.current = false
            onWords(target.value)
            combobox.openDropdown()
          }}
          onBlur={(event) => {
            takesFirst.current = false
            combobox.closeDropdown()
            input.onBlur?.(event)
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape" && isOpen) {
              // The list alone goes away: the form's own Escape is for another time.
              event.stopPropagation()
              event.preventDefault()
              combobox.closeDropdown()
              return
            }
            if (event.key === "Enter" && isSearching && combobox.getSelectedOptionIndex() === -1) {
              event.preventDefault()
              if (isCurrent) takeFirst()
              else takesFirst.current = true
              return
            }
            input.onKeyDown?.(event)
          }}
        />
      </Combobox.Target>
      {children}
      {isNear && (
        <Combobox.Dropdown hidden={!isOpen}>
          <Combobox.Options ref={listens} className={classes.options} aria-label={input["aria-label"] ?? t.choose}>
            {offered?.map(({ id, title }) => (
              <Combobox.Option key={id} value={id}>
                {title}
              </Combobox.Option>
            ))}
            {problem !== undefined && (
              <div className={classes.optionNote}>{problem.isOutage ? t.away : problem.message}</div>
            )}
            {offered === undefined && problem === undefined && <div className={classes.optionNote}>{t.searching}</div>}
            {offered?.length === 0 && <div className={classes.optionNote}>{t.noMatch}</div>}
            {onCreate && (
              <Combobox.Option value={CREATE} className={classes.create}>
                {name === "" ? t.createNew : t.create(name)}
              </Combobox.Option>
            )}
          </Combobox.Options>
        </Combobox.Dropdown>
      )}
    </Combobox>
  )
}

interface Offered {
  readonly options: readonly Option[] | undefined
  /** Whether they are what these words find: while somebody types on, what was found last stays. */
  readonly isCurrent: boolean
  readonly problem: ProblemError | undefined
}

interface Found {
  readonly words: string
  readonly options: readonly Option[] | undefined
  readonly problem: ProblemError | undefined
}

function useOptions(of: OptionsOf, words: string, isOpen: boolean): Offered {
  const { collection, display } = of
  const [found, setFound] = useState<Found>()
  useEffect(() => {
    if (!isOpen) return
    if (knownOptions({ collection, display }, words)) return refreshOptions({ collection, display })
    const asking = new AbortController()
    const ask = (): void => {
      findOptions({ collection, display }, words, asking.signal).then(
        (options) => setFound({ words, options, problem: undefined }),
        (error: unknown) => {
          if (!isAborted(error) && error instanceof ProblemError)
            setFound({ words, options: undefined, problem: error })
        },
      )
    }
    const timer = setTimeout(ask, words === "" ? 0 : PAUSE_MS)
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [collection, display, words, isOpen])
  if (!isOpen) return { options: undefined, isCurrent: false, problem: undefined }
  const known = knownOptions(of, words)
  if (known) return { options: known, isCurrent: true, problem: undefined }
  // A list that blinks cannot be read.
  const isCurrent = found?.words === words
  return { options: found?.options, isCurrent, problem: isCurrent ? found.problem : undefined }
}
