import { Menu, Popover } from "@mantine/core"
import { IconArchive, IconArrowDown, IconArrowUp, IconCheck, IconDownload, IconX } from "@tabler/icons-react"
import type { WhereJson } from "@archipel/core"
import type { ReactElement } from "react"
import { useIsNarrow } from "../app/use-is-narrow.ts"
import { useImport } from "../import/use-import.tsx"
import type { UiModel } from "../metadata/model.ts"
import { useColumns } from "./columns.ts"
import { exportRecords } from "./export.ts"
import { FilterForm } from "./filter-builder.tsx"
import { groupTerms } from "./paths.ts"
import type { RowQuery } from "./row-source.ts"
import { useListTexts } from "./text.ts"
import type { BoardChoice } from "./toolbar.tsx"
import type { ListState } from "./use-list-state.ts"
import classes from "./toolbar.module.css"

/**
 * What the buttons of the toolbar open; loaded when the first of them is about to be.
 *
 * @module
 */
export interface ToolProps {
  readonly model: UiModel
  readonly state: ListState
  readonly opened: boolean
  readonly setOpened: (opened: boolean) => void
  /** What opens it. */
  readonly button: ReactElement
}

const icon = { size: 15, stroke: 1.8, "aria-hidden": true } as const

export function FilterTool({
  model,
  opened,
  setOpened,
  button,
  add,
}: ToolProps & { readonly add: (condition: WhereJson) => void }) {
  const t = useListTexts()
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus width={280}>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown className={classes["filter"] ?? ""} aria-label={t.filter}>
        <FilterForm
          model={model}
          apply={(condition) => {
            add(condition)
            setOpened(false)
          }}
          cancel={() => setOpened(false)}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

export function GroupMenu({ model, state, opened, setOpened, button }: ToolProps) {
  const t = useListTexts()
  const terms = groupTerms(model)
  const chosen = state.groupBy
  const toggle = (term: string): void => {
    const next = chosen.includes(term) ? chosen.filter((each) => each !== term) : [...chosen, term]
    state.change({ group: next.length === 0 ? undefined : next.join(",") })
  }
  const nameOf = ({ label, period }: (typeof terms)[number]): string =>
    period ? t.by(label, t.periods[period]) : label
  const dates = Map.groupBy(
    terms.filter(({ period }) => period),
    ({ term }) => term.split(":", 1)[0] as string,
  )
  return (
    <Menu position="bottom-start" closeOnItemClick={false} width={240} opened={opened} onChange={setOpened}>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown className={classes["tall"] ?? ""}>
        {chosen.length > 0 && (
          <>
            {chosen.map((term) => {
              const known = terms.find((each) => each.term === term)
              return (
                <Menu.Item key={term} rightSection={<IconX size={13} aria-hidden />} onClick={() => toggle(term)}>
                  {known ? nameOf(known) : term}
                </Menu.Item>
              )
            })}
            <Menu.Divider />
          </>
        )}
        {terms
          .filter(({ term, period }) => !period && !chosen.includes(term))
          .map((each) => (
            <Menu.Item key={each.term} onClick={() => toggle(each.term)}>
              {nameOf(each)}
            </Menu.Item>
          ))}
        {[...dates].map(([path, each]) => (
          <Menu.Sub key={path} position="right-start">
            <Menu.Sub.Target>
              <Menu.Sub.Item>{each[0]?.label}</Menu.Sub.Item>
            </Menu.Sub.Target>
            <Menu.Sub.Dropdown>
              {each.map(({ term, period }) => (
                <Menu.Item key={term} onClick={() => toggle(term)}>
                  {period && t.periods[period]}
                </Menu.Item>
              ))}
            </Menu.Sub.Dropdown>
          </Menu.Sub>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

/** What the columns of a board are the values of. */
export function BoardMenu({
  model,
  state,
  opened,
  setOpened,
  button,
  board,
}: ToolProps & { readonly board: BoardChoice }) {
  return (
    <Menu position="bottom-start" width={220} opened={opened} onChange={setOpened}>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown className={classes["tall"] ?? ""}>
        {board.fields.map((name, i) => (
          <Menu.Item
            key={name}
            aria-current={name === board.field || undefined}
            rightSection={name === board.field ? <IconCheck {...icon} /> : null}
            onClick={() => state.change({ by: i === 0 ? undefined : name })}
          >
            {model.fields[name]?.label ?? name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

/** What cards are sorted by, which have no header. */
function SortItems({ model, state }: Pick<ToolProps, "model" | "state">) {
  const t = useListTexts()
  const { columns } = useColumns(model, state.paths)
  const [now] = state.orderBy
  return (
    <>
      <Menu.Label>{t.sort}</Menu.Label>
      {columns.map(
        ({ order, label }) =>
          order !== undefined && (
            <Menu.Item
              key={order}
              rightSection={
                now === order ? (
                  <IconArrowUp {...icon} role="img" aria-hidden={false} aria-label={t.sorted.ascending} />
                ) : now === `-${order}` ? (
                  <IconArrowDown {...icon} role="img" aria-hidden={false} aria-label={t.sorted.descending} />
                ) : null
              }
              onClick={() => state.change({ sort: now === order ? `-${order}` : order })}
            >
              {label}
            </Menu.Item>
          ),
      )}
      <Menu.Divider />
    </>
  )
}

export function MoreMenu({
  model,
  state,
  opened,
  setOpened,
  button,
  rowQuery,
}: ToolProps & { readonly rowQuery: RowQuery | undefined }) {
  const t = useListTexts()
  const isNarrow = useIsNarrow()
  const { entry, dialog } = useImport(model, (where) =>
    state.change({ q: undefined, group: undefined, archived: undefined, where }),
  )
  return (
    <Menu position="bottom-end" width={230} opened={opened} onChange={setOpened}>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown className={classes["tall"] ?? ""}>
        {isNarrow && <SortItems model={model} state={state} />}
        {entry}
        <Menu.Label>{t.export}</Menu.Label>
        {(["csv", "ndjson"] as const).map((format) => (
          <Menu.Item
            key={format}
            leftSection={<IconDownload {...icon} />}
            disabled={rowQuery === undefined}
            onClick={() => rowQuery && void exportRecords(model.collection, rowQuery, format)}
          >
            {format === "csv" ? t.exportCsv : t.exportNdjson}
          </Menu.Item>
        ))}
        {model.archive && (
          <>
            <Menu.Divider />
            <Menu.Label>{t.archived}</Menu.Label>
            {(["exclude", "any", "only"] as const).map((value) => (
              <Menu.Item
                key={value}
                rightSection={(state.search.archived ?? "exclude") === value ? <IconCheck {...icon} /> : null}
                leftSection={<IconArchive {...icon} />}
                onClick={() => state.change({ archived: value === "exclude" ? undefined : value })}
              >
                {t.archiveds[value]}
              </Menu.Item>
            ))}
          </>
        )}
      </Menu.Dropdown>
      {dialog}
    </Menu>
  )
}

export { ColumnsMenu } from "./columns-menu.tsx"
export { FavouritesMenu } from "./favourites-menu.tsx"
