import { useQueries } from "@tanstack/react-query"
import { Link, useRouterState } from "@tanstack/react-router"
import { IconChevronRight, IconHome, IconSettings } from "@tabler/icons-react"
import { useEffect, useState } from "react"
import { usePreference } from "../app/preferences.ts"
import {
  isAdministrative,
  MANY_SERVICES,
  partsOf,
  shownModels,
  type UiModelEntry,
  type UiServiceEntry,
} from "../metadata/model.ts"
import { serviceOptions, useProgram, useService } from "../metadata/use-metadata.ts"
import { ServiceHealth } from "./service-health.tsx"
import { ServiceIcon } from "./service-icon.tsx"
import { useShellTexts } from "./text.ts"
import { matches } from "./words.ts"
import classes from "./menu.module.css"

function Models({ service, words }: { readonly service: UiServiceEntry; readonly words: string }) {
  const t = useShellTexts()
  const { data, error } = useService(service.service)
  if (data === undefined)
    return error || service.away ? <p className={classes["note"]}>{t.downWhy(service.title)}</p> : null
  const all = shownModels(data.models)
  const found = all.filter((model) => isFound(service, model, words))
  if (all.length === 0) return <p className={classes["note"]}>{t.nothing}</p>
  return (
    <ul className={classes["models"]}>
      {found.map((model) => {
        const { service: of, name } = partsOf(model.collection)
        return (
          <li key={model.name}>
            <Link
              to="/$service/$collection"
              params={{ service: of, collection: name }}
              className={classes["model"]}
              activeProps={{ className: classes["active"], "aria-current": "page" }}
              activeOptions={{ includeSearch: false }}
            >
              {model.plural}
            </Link>
          </li>
        )
      })}
    </ul>
  )
}

const isFound = (service: UiServiceEntry, model: UiModelEntry, words: string): boolean =>
  words === "" || matches(`${service.title} ${model.plural} ${model.title}`, words)

interface Fold {
  readonly isOpen: boolean
  readonly toggle: () => void
}

interface SectionProps extends Fold {
  readonly service: UiServiceEntry
  /** What its lists are searched for; "" shows all. */
  readonly words?: string
}

function ServiceSection({ service, isOpen, words = "", toggle }: SectionProps) {
  const { data } = useService(service.service, isOpen)
  // A service that shows this person nothing has no place in the menu; one that is not known yet has.
  if (isOpen && data !== undefined && shownModels(data.models).length === 0) return null
  const id = `menu-${service.service}`
  return (
    <li>
      <button type="button" className={classes["service"]} aria-expanded={isOpen} aria-controls={id} onClick={toggle}>
        <ServiceIcon service={service.service} />
        <span className={classes["serviceTitle"]}>{service.title}</span>
        <ServiceHealth service={service} />
        <IconChevronRight size={14} className={classes["chevron"]} aria-hidden />
      </button>
      <div id={id} hidden={!isOpen}>
        {isOpen && <Models service={service} words={words} />}
      </div>
    </li>
  )
}

/** Where there are many services: those whose name or lists the words are in. What is in them is asked for when words are first looked for. */
function Found({ services, words }: { readonly services: readonly UiServiceEntry[]; readonly words: string }) {
  const t = useShellTexts()
  const indexes = useQueries({ queries: services.map(({ service }) => serviceOptions(service)) })
  const found = services.filter((service, i) => {
    const models = shownModels(indexes[i]?.data?.models ?? [])
    return (
      models.some((model) => isFound(service, model, words)) || (!indexes[i]?.data && matches(service.title, words))
    )
  })
  if (found.length === 0 && indexes.every(({ isPending }) => !isPending))
    return <li className={classes["note"]}>{t.noneFound}</li>
  return found.map((service) => (
    <ServiceSection key={service.service} service={service} isOpen words={words} toggle={() => {}} />
  ))
}

/** What comes with Archipel, under one heading that is folded until somebody needs it. */
function Administration({ services, isOpen, toggle }: Fold & { readonly services: readonly UiServiceEntry[] }) {
  const t = useShellTexts()
  const indexes = useQueries({ queries: services.map(({ service }) => serviceOptions(service)) })
  const shown = services.filter(({ away }, i) => away || shownModels(indexes[i]?.data?.models ?? []).length > 0)
  if (shown.length === 0) return null
  return (
    <li className={classes["administration"]}>
      <button
        type="button"
        className={classes["service"]}
        aria-expanded={isOpen}
        aria-controls="menu-administration"
        onClick={toggle}
      >
        <IconSettings size={17} stroke={1.7} aria-hidden />
        <span className={classes["serviceTitle"]}>{t.administration}</span>
        <IconChevronRight size={14} className={classes["chevron"]} aria-hidden />
      </button>
      <div id="menu-administration" hidden={!isOpen}>
        {isOpen &&
          shown.map((service) => (
            <section key={service.service} aria-label={service.title}>
              <p className={classes["part"]}>
                {service.title}
                <ServiceHealth service={service} />
              </p>
              <Models service={service} words="" />
            </section>
          ))}
      </div>
    </li>
  )
}

/** So long the services wait for those before them to say what they have, so that nothing moves that is there. */
const PATIENCE_MS = 1_000

/** The services as far as those before them are known, and soon all of them. */
function useInTurn(services: readonly UiServiceEntry[], isOpen: (service: string) => boolean) {
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  const isAsked = ({ service, away }: UiServiceEntry): boolean => isOpen(service) && !away
  const indexes = useQueries({
    queries: services.map((each) => ({ ...serviceOptions(each.service), enabled: isAsked(each) })),
  })
  const first = isOver ? -1 : services.findIndex((each, i) => isAsked(each) && indexes[i]?.isPending)
  return { shown: first < 0 ? services : services.slice(0, first), isWhole: first < 0 }
}

const nothing: Readonly<Record<string, boolean>> = {}
/** Under which the fold of what comes with Archipel is kept; no service can be called so. */
const ADMINISTRATION = "$administration"

/** The services and their models, as far as who is logged in may see any. */
export function Menu() {
  const t = useShellTexts()
  const { data: program } = useProgram()
  const [folds, setFolds] = usePreference("menu", nothing)
  const here = useRouterState({ select: ({ location }) => location.pathname.split("/")[1] })
  const services = program?.services ?? []
  const departments = services.filter((service) => !isAdministrative(service))
  const administrative = services.filter(isAdministrative)
  const fold = (name: string, otherwise: boolean): Fold => {
    const isOpen = folds[name] ?? otherwise
    return { isOpen, toggle: () => setFolds({ ...folds, [name]: !isOpen }) }
  }
  const [words, setWords] = useState("")
  const isMany = services.length > MANY_SERVICES
  const isSearched = isMany && words.trim() !== ""
  const { shown, isWhole } = useInTurn(departments, (service) => folds[service] ?? !isMany)
  return (
    <nav aria-label={t.menu} className={classes["menu"]}>
      <Link
        to="/"
        className={classes["home"]}
        activeProps={{ className: classes["active"], "aria-current": "page" }}
        activeOptions={{ exact: true }}
      >
        <IconHome size={17} stroke={1.7} aria-hidden />
        {t.home}
      </Link>
      {isMany && (
        <input
          type="search"
          className={classes["find"]}
          placeholder={t.findService}
          aria-label={t.findService}
          value={words}
          onChange={({ currentTarget }) => setWords(currentTarget.value)}
        />
      )}
      <ul className={classes["services"]}>
        {isSearched ? (
          <Found services={services} words={words.trim()} />
        ) : (
          shown.map((service) => (
            <ServiceSection key={service.service} service={service} {...fold(service.service, !isMany)} />
          ))
        )}
        {isWhole && !isSearched && (
          <Administration
            services={administrative}
            {...fold(
              ADMINISTRATION,
              administrative.some(({ service }) => service === here),
            )}
          />
        )}
      </ul>
    </nav>
  )
}
