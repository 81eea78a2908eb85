import { Button, Popover } from "@mantine/core"
import { IconCheck, IconX } from "@tabler/icons-react"
import { useState } from "react"
import type { ListSearch } from "../views/list-search.ts"
import { useFavourites } from "./favourites.ts"
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

/** Searches that were kept, and a name for this one. */
export function FavouritesMenu({ model, state, opened, setOpened, button }: ToolProps) {
  const t = useListTexts()
  const { favourites, add, remove } = useFavourites(model.name)
  const [name, setName] = useState("")
  const [isDefault, setDefault] = useState(false)
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus width={280}>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown aria-label={t.favourites}>
        {favourites.length === 0 && <p className={classes["note"]}>{t.noFavourites}</p>}
        {favourites.map((favourite) => (
          <div key={favourite.id} className={classes["favourite"]}>
            <button
              type="button"
              className={classes["favouriteOpen"]}
              onClick={() => {
                state.change({ ...cleared, ...favourite.search })
                setOpened(false)
              }}
            >
              {favourite.name}
            </button>
            {favourite.isDefault && <IconCheck size={14} aria-label={t.isDefault} />}
            <button
              type="button"
              className={classes["small"]}
              aria-label={t.removeFavourite(favourite.name)}
              onClick={() => remove(favourite.id)}
            >
              <IconX size={13} aria-hidden />
            </button>
          </div>
        ))}
        <hr className={classes["divide"]} />
        <form
          className={classes["favouriteForm"]}
          onSubmit={(event) => {
            event.preventDefault()
            if (name.trim() === "") return
            add({ name: name.trim(), search: state.search, isDefault })
            setName("")
            setOpened(false)
          }}
        >
          <input
            className={tool["find"]}
            aria-label={t.favouriteName}
            placeholder={t.favouriteName}
            value={name}
            maxLength={80}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <label className={tool["choice"]}>
            <input type="checkbox" checked={isDefault} onChange={() => setDefault(!isDefault)} />
            {t.isDefault}
          </label>
          <Button type="submit" disabled={name.trim() === ""}>
            {t.keepFavourite}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
