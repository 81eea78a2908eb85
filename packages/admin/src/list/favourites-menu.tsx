import { Button, Popover } from "@mantine/core"
import { IconHome, IconPencil, IconX } from "@tabler/icons-react"
import { type ReactNode, useState } from "react"
import { tellProblem } from "../app/toasts.tsx"
import type { ListSearch } from "../views/list-search.ts"
import {
  type Audience,
  type Favourite,
  type FavouriteChange,
  useFavourites,
  useGroupsToShareWith,
} from "./favourites.ts"
import { useFavouriteTexts } from "./favourites-text.ts"
import tool from "./filter-builder.module.css"
import { useListTexts } from "./text.ts"
import type { ToolProps } from "./tools.tsx"
import classes from "./toolbar.module.css"

const cleared: Readonly<Record<keyof ListSearch, undefined>> = {
  view: undefined,
  q: undefined,
  where: undefined,
  sort: undefined,
  group: undefined,
  columns: undefined,
  archived: undefined,
  by: undefined,
  tab: undefined,
}

const MAX_NAME = 80
const icon = { size: 14, stroke: 1.8, "aria-hidden": true } as const

function Toggle({
  label,
  isOn,
  onClick,
  children,
}: {
  readonly label: string
  readonly isOn: boolean
  readonly onClick: () => void
  readonly children: ReactNode
}) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-pressed={isOn}
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      {children}
    </button>
  )
}

/** With whom a favourite is shared: one of one's groups, or everybody. */
function AudienceSelect({
  label,
  audience,
  choose,
  className,
}: {
  readonly label: string
  readonly audience: Audience
  readonly choose: (audience: Audience) => void
  readonly className: string | undefined
}) {
  const own = useFavouriteTexts()
  const groups = useGroupsToShareWith()
  const isListed = audience === "self" || audience === "everybody" || groups.some(({ id }) => id === audience)
  return (
    <select
      className={className}
      aria-label={label}
      title={label}
      value={audience}
      onChange={({ target }) => choose(target.value)}
    >
      <option value="self">{own.nobody}</option>
      <option value="everybody">{own.everybody}</option>
      {groups.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
      {!isListed && <option value={audience}>{own.otherGroup}</option>}
    </select>
  )
}

/** One of one's own: opened, and what can be done with it. */
function OwnFavourite({
  favourite,
  canChange,
  onOpen,
  onChange,
  onRemove,
}: {
  readonly favourite: Favourite
  readonly canChange: boolean
  readonly onOpen: () => void
  readonly onChange: (change: FavouriteChange) => void
  readonly onRemove: () => void
}) {
  const t = useListTexts()
  const own = useFavouriteTexts()
  const { name, isDefault, audience } = favourite
  const [typed, setTyped] = useState<string>()
  if (typed !== undefined)
    return (
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (typed.trim() !== "" && typed.trim() !== name) onChange({ name: typed.trim() })
          setTyped(undefined)
        }}
      >
        <input
          className={tool["find"]}
          aria-label={own.rename(name)}
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={typed}
          maxLength={MAX_NAME}
          onChange={({ target }) => setTyped(target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return
            event.stopPropagation()
            setTyped(undefined)
          }}
        />
      </form>
    )
  return (
    <div className={classes["favourite"]}>
      <button type="button" className={classes["favouriteOpen"]} onClick={onOpen}>
        {name}
      </button>
      {canChange && (
        <>
          <Toggle label={own.makeDefault(name)} isOn={isDefault} onClick={() => onChange({ isDefault: !isDefault })}>
            <IconHome {...icon} />
          </Toggle>
          <AudienceSelect
            label={own.share(name)}
            audience={audience}
            choose={(next) => onChange({ audience: next })}
            className={classes["audience"]}
          />
          <button type="button" className="icon-button" aria-label={own.rename(name)} onClick={() => setTyped(name)}>
            <IconPencil {...icon} />
          </button>
          <button type="button" className="icon-button" aria-label={t.removeFavourite(name)} onClick={onRemove}>
            <IconX {...icon} />
          </button>
        </>
      )}
    </div>
  )
}

/** Searches that were kept or are shared, and a name for this one. */
export function FavouritesMenu({ model, state, opened, setOpened, button }: ToolProps) {
  const t = useListTexts()
  const own = useFavouriteTexts()
  const { favourites, isAway, add, change, remove } = useFavourites(model.name)
  const [name, setName] = useState("")
  const [isDefault, setDefault] = useState(false)
  const [audience, setAudience] = useState<Audience>("self")
  const told = (work: Promise<void>): Promise<boolean> =>
    work.then(
      () => true,
      (error: unknown) => {
        tellProblem(error, t.favourites)
        return false
      },
    )
  const open = ({ search }: Favourite): void => {
    state.change({ ...cleared, ...search })
    setOpened(false)
  }
  const keep = async (): Promise<void> => {
    if (name.trim() === "") return
    if (!(await told(add(state.search, name.trim(), { isDefault, audience })))) return
    setName("")
    setOpened(false)
  }
  const mine = favourites.filter(({ by }) => by === undefined)
  const others = favourites.filter(({ by }) => by !== undefined)
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus width={320}>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown aria-label={t.favourites}>
        {favourites.length === 0 && <p className={classes["note"]}>{t.noFavourites}</p>}
        {mine.map((favourite) => (
          <OwnFavourite
            key={favourite.id}
            favourite={favourite}
            canChange={!isAway}
            onOpen={() => open(favourite)}
            onChange={(next) => void told(change(favourite.id, next))}
            onRemove={() => void told(remove(favourite.id))}
          />
        ))}
        {others.length > 0 && <p className={classes["note"]}>{own.shared}</p>}
        {others.map((favourite) => (
          <div key={favourite.id} className={classes["favourite"]}>
            <button type="button" className={classes["favouriteOpen"]} onClick={() => open(favourite)}>
              {own.by(favourite.name, favourite.by ?? "")}
            </button>
          </div>
        ))}
        <hr className={classes["divide"]} />
        {isAway ? (
          <p role="status" className={classes["note"]}>
            {own.away}
          </p>
        ) : (
          <form
            className={classes["favouriteForm"]}
            onSubmit={(event) => {
              event.preventDefault()
              void keep()
            }}
          >
            <input
              className={tool["find"]}
              aria-label={t.favouriteName}
              placeholder={t.favouriteName}
              value={name}
              maxLength={MAX_NAME}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <label className={tool["choice"]}>
              <input type="checkbox" checked={isDefault} onChange={() => setDefault(!isDefault)} />
              {t.isDefault}
            </label>
            <div className={classes["shareWith"]}>
              <span aria-hidden>{own.shareWith}</span>
              <AudienceSelect label={own.shareWith} audience={audience} choose={setAudience} className={tool["find"]} />
            </div>
            <Button type="submit" disabled={name.trim() === ""}>
              {t.keepFavourite}
            </Button>
          </form>
        )}
      </Popover.Dropdown>
    </Popover>
  )
}
