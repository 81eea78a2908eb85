import { Popover } from "@mantine/core"
import { IconArrowDown, IconArrowUp, IconChevronRight } from "@tabler/icons-react"
import { useState } from "react"
import { isList, isOne } from "../metadata/model.ts"
import { type FieldPath, ownPaths, useFieldsBehind } from "./paths.ts"
import { useListTexts } from "./text.ts"
import type { ToolProps } from "./tools.tsx"
import classes from "./toolbar.module.css"

/** Which columns, in which order; also those behind references. */
export function ColumnsMenu({ model, state, opened, setOpened, button }: ToolProps) {
  const t = useListTexts()
  const [unfolded, setUnfolded] = useState<readonly string[]>([])
  const { paths } = state
  const references = [
    ...new Set([
      ...unfolded,
      ...paths.filter((path) => path.includes(".")).map((path) => path.split(".", 1)[0] as string),
    ]),
  ]
  const behind = useFieldsBehind(model, opened ? references : [])
  const own = ownPaths(model).filter(({ field }) => !isList(field))
  const all = new Map<string, FieldPath>(own.map((each) => [each.path, each]))
  for (const name of references) for (const each of behind(name) ?? []) all.set(each.path, each)
  const toggle = (path: string): void =>
    state.setColumns(paths.includes(path) ? paths.filter((each) => each !== path) : [...paths, path])
  const move = (path: string, by: number): void => {
    const at = paths.indexOf(path)
    const next = paths.filter((each) => each !== path)
    next.splice(at + by, 0, path)
    state.setColumns(next)
  }
  const others = own
    .flatMap((each) => [each, ...(unfolded.includes(each.path) ? (behind(each.path) ?? []) : [])])
    .filter(({ path }) => !paths.includes(path))
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus width={300}>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown aria-label={t.columns}>
        <ul className={classes["columns"]}>
          {paths.map((path, i) => {
            const label = all.get(path)?.label ?? path
            return (
              <li key={path} className={classes["column"]}>
                <label>
                  <input type="checkbox" checked disabled={paths.length === 1} onChange={() => toggle(path)} />
                  {label}
                </label>
                <button
                  type="button"
                  className="icon-button"
                  disabled={i === 0}
                  aria-label={t.moveUp(label)}
                  onClick={() => move(path, -1)}
                >
                  <IconArrowUp size={14} aria-hidden />
                </button>
                <button
                  type="button"
                  className="icon-button"
                  disabled={i === paths.length - 1}
                  aria-label={t.moveDown(label)}
                  onClick={() => move(path, 1)}
                >
                  <IconArrowDown size={14} aria-hidden />
                </button>
              </li>
            )
          })}
        </ul>
        <hr className={classes["divide"]} />
        <ul className={classes["columns"]}>
          {others.map((each) => (
            <li key={each.path} className={`${classes["column"]} ${each.path.includes(".") ? classes["deeper"] : ""}`}>
              <label>
                <input type="checkbox" checked={false} onChange={() => toggle(each.path)} />
                {each.path.includes(".") ? each.label.split(" · ").at(-1) : each.label}
              </label>
              {isOne(each.field) && each.field.collection !== undefined && !each.path.includes(".") && (
                <button
                  type="button"
                  className="icon-button"
                  aria-label={t.through(each.label)}
                  aria-expanded={unfolded.includes(each.path)}
                  onClick={() =>
                    setUnfolded(
                      unfolded.includes(each.path)
                        ? unfolded.filter((path) => path !== each.path)
                        : [...unfolded, each.path],
                    )
                  }
                >
                  <IconChevronRight size={14} aria-hidden />
                </button>
              )}
            </li>
          ))}
        </ul>
        <hr className={classes["divide"]} />
        <button type="button" className={classes["favouriteOpen"]} onClick={() => state.setColumns(undefined)}>
          {t.resetColumns}
        </button>
      </Popover.Dropdown>
    </Popover>
  )
}
