import "@mantine/spotlight/styles.layer.css"
import { createSpotlight, Spotlight } from "@mantine/spotlight"
import { useQueries, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { IconBolt, IconHome, IconLogout, IconMoon, IconPlus, IconSearch, IconUserCircle } from "@tabler/icons-react"
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
import classes from "./palette.module.css"

const useTexts = texts(
  {
    prompt: "Search records, open a list, do something…",
    nothing: "Nothing found",
    searching: "Searching…",
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
    prompt: "Chercher des fiches, ouvrir une liste, agir…",
    nothing: "Rien trouvé",
    searching: "Recherche…",
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

interface Entry {
  readonly id: string
  readonly label: string
  readonly detail?: string
  readonly icon: ReactNode
  readonly run: () => void
}

const [store, spotlight] = createSpotlight()
/** Words are looked for after a pause of typing. */
const PAUSE_MS = 180
const MIN_LETTERS = 2
const MAX_LISTS = 8

function useFound(words: string): { readonly records: readonly Found[]; readonly isSearching: boolean } {
  const client = useQueryClient()
  const { data: program } = useProgram()
  const [records, setRecords] = useState<readonly Found[]>([])
  const [isSearching, setSearching] = useState(false)
  useEffect(() => {
    setRecords([])
    setSearching(false)
    if (program === undefined || words.trim().length < MIN_LETTERS) return
    const control = new AbortController()
    setSearching(true)
    const timer = setTimeout(() => {
      void searchEverywhere(client, program, words.trim(), { signal: control.signal, found: setRecords }).finally(
        () => {
          if (!control.signal.aborted) setSearching(false)
        },
      )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      control.abort()
    }
    // The program is asked for its health again and again; a search goes on meanwhile.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [words, program === undefined])
  return { records, isSearching }
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

/** Goes anywhere and finds anything, by keyboard: lists, records of all services, actions. */
export function Palette({ close }: { readonly close: () => void }) {
  const t = useTexts()
  const navigate = useNavigate()
  const [words, setWords] = useState("")
  useEffect(() => spotlight.open(), [])
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
  const some = groups.filter(([, each]) => each.length > 0)
  return (
    <Spotlight.Root
      store={store}
      query={words}
      onQueryChange={setWords}
      onSpotlightClose={close}
      shortcut={null}
      maxHeight={440}
      scrollable
      lockScroll={false}
      clearQueryOnClose={false}
      transitionProps={{ duration: 80 }}
      centered={false}
      yOffset="14vh"
      overlayProps={{ blur: 0, backgroundOpacity: 0.32 }}
    >
      <Spotlight.Search
        placeholder={t.prompt}
        aria-label={t.prompt}
        leftSection={<IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {some.map(([label, each]) => (
          <Spotlight.ActionsGroup key={label} label={label}>
            {each.map(({ id, label: name, detail, icon, run }) => (
              <Spotlight.Action key={id} onClick={run}>
                <span className={classes["entry"]}>
                  {icon}
                  <span className={classes["label"]}>{name}</span>
                  {detail && <span className={classes["detail"]}>{detail}</span>}
                </span>
              </Spotlight.Action>
            ))}
          </Spotlight.ActionsGroup>
        ))}
        {isSearching && <div className={classes["note"]}>{t.searching}</div>}
        {some.length === 0 && !isSearching && <Spotlight.Empty>{t.nothing}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}
