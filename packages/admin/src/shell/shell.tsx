import { IconMenu2, IconSearch } from "@tabler/icons-react"
import { Outlet, useRouterState } from "@tanstack/react-router"
import { lazy, Suspense, useState } from "react"
import { withKit } from "../app/kit.ts"
import { useOwnKeys } from "../app/own-keys.ts"
import { useShortcuts } from "../app/shortcuts.ts"
import { holdKeys } from "../app/type-ahead.ts"
import { useNotedHealth } from "../metadata/use-metadata.ts"
import { useGoTo } from "./go-to.ts"
import logo from "./logo.svg"
import { Menu } from "./menu.tsx"
import { useShellTexts } from "./text.ts"
import { UserButton } from "./user-button.tsx"
import classes from "./shell.module.css"

const loadUserMenu = withKit(() => import("./user-menu.tsx"))
const UserMenu = lazy(async () => ({ default: (await loadUserMenu()).UserMenu }))
const loadPalette = withKit(() => import("./palette.tsx"))
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }))
const loadSheet = withKit(() => import("./shortcut-sheet.tsx"))
const ShortcutSheet = lazy(async () => ({ default: (await loadSheet()).ShortcutSheet }))
const loadDrawer = withKit(() => import("./menu-drawer.tsx"))
const MenuDrawer = lazy(async () => ({ default: (await loadDrawer()).MenuDrawer }))

const isMac = navigator.platform.startsWith("Mac")

function Sidebar({ search, showShortcuts }: { readonly search: () => void; readonly showShortcuts: () => void }) {
  const t = useShellTexts()
  const [hasUserMenu, setUserMenu] = useState(false)
  const userButton = <UserButton onPointerEnter={() => void loadUserMenu()} onClick={() => setUserMenu(true)} />
  return (
    <>
      <div className={classes["brand"]}>
        <img src={logo} alt="" width={22} height={22} />
        {t.product}
      </div>
      <button type="button" className={classes["search"]} onClick={search}>
        <IconSearch size={15} stroke={1.8} aria-hidden />
        <span>{t.search}</span>
        <kbd className="key">{isMac ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <Menu />
      <div className={classes["user"]}>
        {hasUserMenu ? (
          <Suspense fallback={userButton}>
            <UserMenu showShortcuts={showShortcuts} />
          </Suspense>
        ) : (
          userButton
        )}
      </div>
    </>
  )
}

/** The frame of all views: menu, palette, keys. Each view has its own header. */
export function Shell() {
  const t = useShellTexts()
  const [isPaletteOpen, setPalette] = useState(false)
  const [isSheetOpen, setSheet] = useState(false)
  const [drawerAt, setDrawerAt] = useState<string>()
  useNotedHealth()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  // Whoever goes somewhere is done with it.
  const isDrawerOpen = drawerAt === path
  const openPalette = (): void => {
    holdKeys(loadPalette())
    setPalette(true)
  }
  useOwnKeys()
  useShortcuts(t.keys.goTo, useGoTo())
  useShortcuts(t.keys.general, [
    { id: "palette", keys: "Mod+k", label: t.keys.palette, run: openPalette, always: true },
    { id: "help", keys: "?", label: t.keys.help, run: () => setSheet(true) },
  ])
  const sidebar = <Sidebar search={openPalette} showShortcuts={() => setSheet(true)} />
  return (
    <>
      <div className={classes["shell"]}>
        <a className={classes["skip"]} href="#content">
          {t.skip}
        </a>
        <nav className={classes["top"]} aria-label={t.product}>
          <button
            type="button"
            className={classes["topButton"]}
            data-primary
            aria-label={t.openMenu}
            aria-expanded={isDrawerOpen}
            onClick={() => setDrawerAt(path)}
          >
            <IconMenu2 size={20} aria-hidden />
          </button>
          <span className={classes["topTitle"]}>{t.product}</span>
          <button
            type="button"
            className={classes["topButton"]}
            data-primary
            aria-label={t.search}
            onClick={openPalette}
          >
            <IconSearch size={19} aria-hidden />
          </button>
        </nav>
        <aside className={classes["sidebar"]}>{sidebar}</aside>
        <main id="content" className={classes["content"]} tabIndex={-1}>
          <Outlet />
        </main>
        <Suspense>
          {drawerAt !== undefined && (
            <MenuDrawer isOpen={isDrawerOpen} close={() => setDrawerAt(undefined)}>
              {sidebar}
            </MenuDrawer>
          )}
          {isPaletteOpen && <Palette close={() => setPalette(false)} />}
          {isSheetOpen && <ShortcutSheet close={() => setSheet(false)} />}
        </Suspense>
      </div>
      {/* Where the kit puts what opens: a landmark, as everything else is in one. */}
      <section aria-label={t.overlays} data-mantine-shared-portal-node="true" />
    </>
  )
}
