import { useQueries, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { IconBolt, IconHome, IconLogout, IconMoon, IconPlus, IconUserCircle } from "@tabler/icons-react"
import { type ReactNode, useEffect, useMemo, useState } from "react"
import { chooseScheme } from "../app/appearance.ts"
import { noteRecent } from "../app/recent.ts"
import { logOut } from "../app/session.ts"
import { useShortcutGroups } from "../app/shortcuts.ts"
import { texts } from "../i18n/language.ts"
import { partsOf, shownModels } from "../metadata/model.ts"
import { serviceOptions, useProgram } from "../metadata/use-metadata.ts"
import { type Found, recordPath, searchEverywhere } from "./search-everywhere.ts"
import { ServiceIcon } from "./service-icon.tsx"
import { matches } from "./words.ts"

const useTexts = texts(
  {
    here: "Here",
    lists: "Lists",
    actions: "Actions",
    make: (title: string) => `New: ${title}`,
    home: "Home",
    light: "Light colours",
    dark: "Dark colours",
    profile: "Profile and security",
    logOut: "Log out",
  },
  {
    here: "Ici",
    lists: "Listes",
    actions: "Actions",
    make: (title: string) => `Nouveau : ${title}`,
    home: "Accueil",
    light: "Couleurs claires",
    dark: "Couleurs sombres",
    profile: "Profil et sécurité",
    logOut: "Se déconnecter",
  },
)

export interface Entry {
  readonly id: string
  readonly label: string
  readonly detail?: string
  readonly icon: ReactNode
  readonly run: () => void
}

/** Words are looked for after a pause of typing. */
const PAUSE_MS = 180
const MIN_LETTERS = 2
const MAX_LISTS = 8

interface Search {
  readonly words: string
  readonly records: readonly Found[]
  readonly isOver: boolean
}

function useFound(words: string): { readonly records: readonly Found[]; readonly isSearching: boolean } {
  const client = useQueryClient()
  const { data: program } = useProgram()
  const [search, setSearch] = useState<Search>()
  const isLookedFor = program !== undefined && words.trim().length >= MIN_LETTERS
  useEffect(() => {
    if (!isLookedFor) return
    const control = new AbortController()
    const { signal } = control
    let records: readonly Found[] = []
    const tell = (isOver: boolean): void => {
      if (!signal.aborted) setSearch({ words, records, isOver })
    }
    const found = (more: readonly Found[]): void => {
      records = more
      tell(false)
    }
    const timer = setTimeout(() => {
      void searchEverywhere(client, program, words.trim(), { signal, found }).finally(() => tell(true))
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      control.abort()
    }
    // The program is asked for its health again and again; a search goes on meanwhile.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [words, isLookedFor])
  const current = isLookedFor && search?.words === words ? search : undefined
  return { records: current?.records ?? [], isSearching: isLookedFor && current?.isOver !== true }
}

function useLists(words: string, go: (path: { service: string; collection: string; id?: string }) => void) {
  const t = useTexts()
  const { data: program } = useProgram()
  const services = program?.services.filter(({ away }) => !away) ?? []
  const indexes = useQueries({ queries: services.map(({ service }) => serviceOptions(service)) })
  const models = indexes.flatMap(({ data }) =>
    data ? shownModels(data.models).map((model) => ({ model, service: data.title })) : [],
  )
  const lists = models
    .filter(({ model, service }) => matches(`${service} ${model.plural} ${model.title}`, words))
    .slice(0, MAX_LISTS)
  const entries: Entry[] = lists.map(({ model, service }) => {
    const { service: of, name } = partsOf(model.collection)
    return {
      id: `list ${model.name}`,
      label: model.plural,
      detail: service,
      icon: <ServiceIcon service={of} />,
      run: () => go({ service: of, collection: name }),
    }
  })
  const makers: Entry[] =
    words.trim() === ""
      ? []
      : lists.slice(0, 3).map(({ model, service }) => {
          const { service: of, name } = partsOf(model.collection)
          return {
            id: `new ${model.name}`,
            label: t.make(model.title),
            detail: service,
            icon: <IconPlus size={17} stroke={1.7} aria-hidden />,
            run: () => go({ service: of, collection: name, id: "new" }),
          }
        })
  return { entries, makers }
}

/** What can be done in the page that is shown. */
function useCommands(words: string): readonly Entry[] {
  const groups = useShortcutGroups()
  if (words.trim() === "") return []
  return groups.toReversed().flatMap(({ title, shortcuts }) =>
    shortcuts.flatMap(({ id, label, run, isCommand }) =>
      run !== undefined && isCommand === true && matches(`${label} ${title}`, words)
        ? [
            {
              id: `command ${id}`,
              label,
              detail: title,
              icon: <IconBolt size={17} stroke={1.7} aria-hidden />,
              // Where the focus was before, it is again.
              run: () => void setTimeout(run),
            },
          ]
        : [],
    ),
  )
}

interface Group {
  readonly label: string
  readonly entries: readonly Entry[]
}

/** What words find, sort by sort; records come later than the rest. */
export function useEntries(words: string): { readonly groups: readonly Group[]; readonly isSearching: boolean } {
  const t = useTexts()
  const navigate = useNavigate()
  const go = ({ service, collection, id }: { service: string; collection: string; id?: string }): void =>
    void (id === undefined
      ? navigate({ to: "/$service/$collection", params: { service, collection } })
      : navigate({ to: "/$service/$collection/$id", params: { service, collection, id } }))
  const { records, isSearching } = useFound(words)
  const { entries, makers } = useLists(words, go)
  const commands = useCommands(words)
  const actions = useMemo((): readonly Entry[] => {
    const icon = { size: 17, stroke: 1.7, "aria-hidden": true }
    return [
      { id: "home", label: t.home, icon: <IconHome {...icon} />, run: () => void navigate({ to: "/" }) },
      { id: "light", label: t.light, icon: <IconMoon {...icon} />, run: () => chooseScheme("light") },
      { id: "dark", label: t.dark, icon: <IconMoon {...icon} />, run: () => chooseScheme("dark") },
      { id: "profile", label: t.profile, icon: <IconUserCircle {...icon} />, run: () => location.assign("/account") },
      { id: "out", label: t.logOut, icon: <IconLogout {...icon} />, run: () => void logOut() },
    ]
  }, [t, navigate])
  const bySort = Map.groupBy(records, ({ model, service }) => `${model.plural} · ${service}`)
  const groups: readonly (readonly [string, readonly Entry[]])[] = [
    [t.here, commands],
    [t.lists, entries],
    ...[...bySort].map(
      ([label, found]) =>
        [
          label,
          found.map((record) => ({
            id: `record ${record.model.name} ${record.id}`,
            label: record.title,
            icon: <ServiceIcon service={partsOf(record.model.collection).service} />,
            run: () => {
              const { id, title, model } = record
              noteRecent({ collection: model.collection, id, title, model: model.title })
              go(recordPath(record))
            },
          })),
        ] as const,
    ),
    [t.actions, [...makers, ...actions.filter(({ label }) => matches(label, words))]],
  ]
  return {
    isSearching,
    groups: groups.flatMap(([label, each]) => (each.length > 0 ? [{ label, entries: each }] : [])),
  }
}
