import { Menu } from "@mantine/core"
import {
  IconApi,
  IconCheck,
  IconKeyboard,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconRowInsertTop,
  IconUserCircle,
} from "@tabler/icons-react"
import type { ReactNode } from "react"
import { chooseDensity, chooseScheme, densities, schemes, useDensity, useScheme } from "../app/appearance.ts"
import { logOut } from "../app/session.ts"
import { useUser } from "../app/session-context.ts"
import { askIn } from "../api/request.ts"
import { queryClient } from "../app/queries.ts"
import { chooseLanguage, type Language, languages, useLanguage } from "../i18n/language.ts"
import { useShellTexts } from "./text.ts"
import { UserButton } from "./user-button.tsx"
import classes from "./user-menu.module.css"

function changeLanguage(language: Language): void {
  chooseLanguage(language)
  askIn(language)
  // What services say of themselves is said in a language.
  void queryClient.resetQueries({ queryKey: ["ui"] })
}

interface Choice<T extends string> {
  readonly label: string
  readonly icon: ReactNode
  readonly values: readonly T[]
  readonly names: Readonly<Record<T, string>>
  readonly now: T
  readonly choose: (value: T) => void
}

function ChoiceItems<T extends string>({ label, icon, values, names, now, choose }: Choice<T>) {
  const { chosen } = useShellTexts()
  return (
    <Menu.Sub position="right-end">
      <Menu.Sub.Target>
        <Menu.Sub.Item leftSection={icon}>
          {label}
          <span className={classes["now"]}>{names[now]}</span>
        </Menu.Sub.Item>
      </Menu.Sub.Target>
      <Menu.Sub.Dropdown>
        {values.map((value) => (
          <Menu.Item
            key={value}
            onClick={() => choose(value)}
            rightSection={value === now ? <IconCheck size={14} role="img" aria-label={chosen} /> : null}
          >
            {names[value]}
          </Menu.Item>
        ))}
      </Menu.Sub.Dropdown>
    </Menu.Sub>
  )
}

/** Who is logged in, and what they choose for this browser. */
export function UserMenu({ showShortcuts }: { readonly showShortcuts: () => void }) {
  const t = useShellTexts()
  const user = useUser()
  const language = useLanguage()
  const scheme = useScheme()
  const density = useDensity()
  const size = { size: 16, stroke: 1.7, "aria-hidden": true }
  return (
    <Menu position="top-start" width={248} defaultOpened>
      <Menu.Target>
        <UserButton />
      </Menu.Target>
      <Menu.Dropdown>
        {user.email && <Menu.Label>{user.email}</Menu.Label>}
        <Menu.Item component="a" href="/account" leftSection={<IconUserCircle {...size} />}>
          {t.profile}
        </Menu.Item>
        <ChoiceItems
          label={t.language}
          icon={<IconLanguage {...size} />}
          values={Object.keys(languages) as Language[]}
          names={languages}
          now={language}
          choose={changeLanguage}
        />
        <ChoiceItems
          label={t.theme}
          icon={<IconMoon {...size} />}
          values={schemes}
          names={t.themes}
          now={scheme}
          choose={chooseScheme}
        />
        <ChoiceItems
          label={t.density}
          icon={<IconRowInsertTop {...size} />}
          values={densities}
          names={t.densities}
          now={density}
          choose={chooseDensity}
        />
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconKeyboard {...size} />}
          onClick={showShortcuts}
          rightSection={<kbd className="key">?</kbd>}
        >
          {t.shortcuts}
        </Menu.Item>
        <Menu.Item component="a" href="/docs" leftSection={<IconApi {...size} />}>
          {t.api}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout {...size} />} onClick={() => void logOut()}>
          {t.logOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
