import { useQueries } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { IconChevronRight, IconHome } from "@tabler/icons-react"
import { useState } from "react"
import { usePreference } from "../app/preferences.ts"
import { partsOf, shownModels, type UiModelEntry, type UiServiceEntry } from "../metadata/model.ts"
import { serviceOptions, useProgram, useService } from "../metadata/use-metadata.ts"
import { ServiceHealth } from "./service-health.tsx"
import { ServiceIcon } from "./service-icon.tsx"
import { useShellTexts } from "./text.ts"
import { inMenuOrder, isAdministrative, MANY_SERVICES } from "../metadata/menu-order.ts"
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

interface SectionProps {
  readonly service: UiServiceEntry
  readonly isOpen: boolean
  /** What its lists are searched for; "" shows all. */
  readonly words: string
  readonly toggle: () => void
}

function ServiceSection({ service, isOpen, words, toggle }: SectionProps) {
  const { data } = useService(service.service, isOpen)
  // A service that shows this person nothing has no place in the menu; one that is not known yet has.
  if (isOpen && data !== undefined && shownModels(data.models).length === 0) return null
  const id = `menu-${service.service}`
  return (
    <li className={isAdministrative(service) ? classes["administrative"] : ""}>
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

const nothing: Readonly<Record<string, boolean>> = {}

/** The services and their models, as far as who is logged in may see any. */
export function Menu() {
  const t = useShellTexts()
  const { data: program } = useProgram()
  const [folds, setFolds] = usePreference("menu", nothing)
  const services = inMenuOrder(program?.services ?? [])
  const [words, setWords] = useState("")
  const isMany = services.length > MANY_SERVICES
  const isOpen = (service: string): boolean => folds[service] ?? !isMany
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
        {isMany && words.trim() !== "" ? (
          <Found services={services} words={words.trim()} />
        ) : (
          services.map((service) => (
            <ServiceSection
              key={service.service}
              service={service}
              isOpen={isOpen(service.service)}
              words=""
              toggle={() => setFolds({ ...folds, [service.service]: !isOpen(service.service) })}
            />
          ))
        )}
      </ul>
    </nav>
  )
}
