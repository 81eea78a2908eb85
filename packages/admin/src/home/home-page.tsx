import { IconClock, IconLayoutGrid } from "@tabler/icons-react"
import { useQueries } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { useFirstView } from "../app/first-view.ts"
import { usePreference } from "../app/preferences.ts"
import { noRecent, RECENT } from "../app/recent.ts"
import { useUser } from "../app/session-context.ts"
import { useTitle } from "../app/use-title.ts"
import { formatAgo } from "../fields/format.ts"
import { texts, useLanguage } from "../i18n/language.ts"
import { isAdministrative, MANY_SERVICES, partsOf, shownModels, type UiServiceEntry } from "../metadata/model.ts"
import { serviceOptions, useProgram, useService } from "../metadata/use-metadata.ts"
import { ServiceHealth } from "../shell/service-health.tsx"
import { ServiceIcon } from "../shell/service-icon.tsx"
import { useShellTexts } from "../shell/text.ts"
import classes from "./home-page.module.css"

const useTexts = texts(
  {
    hello: (name: string) => (name ? `Hello, ${name}` : "Hello"),
    lead: "Where do you want to go on?",
    recent: "Recently opened",
    noRecent: "What you open is listed here, so that you find back to it.",
  },
  {
    hello: (name: string) => (name ? `Bonjour, ${name}` : "Bonjour"),
    lead: "Où voulez-vous continuer ?",
    recent: "Ouverts récemment",
    noRecent: "Ce que vous ouvrez apparaît ici, pour y revenir facilement.",
  },
)

interface CardProps {
  readonly service: UiServiceEntry
  /** Whether its lists are asked for before somebody wants them. */
  readonly isShown: boolean
}

function ServiceCard({ service, isShown }: CardProps) {
  const t = useShellTexts()
  const [isOpened, setOpened] = useState(false)
  const { data } = useService(service.service, isShown || isOpened)
  const models = shownModels(data?.models ?? [])
  if (data !== undefined && models.length === 0) return null
  return (
    <section className={classes["card"]} aria-label={service.title}>
      <h3 className={classes["cardTitle"]}>
        <ServiceIcon service={service.service} size={18} />
        {service.title}
        <ServiceHealth service={service} />
      </h3>
      <div className={classes["links"]}>
        {models.map((model) => {
          const { service: of, name } = partsOf(model.collection)
          return (
            <Link
              key={model.name}
              to="/$service/$collection"
              params={{ service: of, collection: name }}
              className={classes["link"]}
            >
              {model.plural}
            </Link>
          )
        })}
        {!isShown && !isOpened && data === undefined && (
          <button type="button" className={classes["link"]} onClick={() => setOpened(true)}>
            {t.showLists}
            <span className="visually-hidden"> {service.title}</span>
          </button>
        )}
        {service.away && models.length === 0 && <span className="quiet">{t.downWhy(service.title)}</span>}
      </div>
    </section>
  )
}

/** What comes with Archipel, beneath the departments. Who administers nothing sees no heading of it. */
function Administration({ services }: { readonly services: readonly UiServiceEntry[] }) {
  const t = useShellTexts()
  return (
    <div className={classes["administration"]}>
      <h2 className={classes["heading"]}>
        <ServiceIcon service="identity" size={15} /> {t.administration}
      </h2>
      <div className={classes["cards"]}>
        {services.map((service) => (
          <ServiceCard key={service.service} service={service} isShown />
        ))}
      </div>
    </div>
  )
}

/** Where a day begins: what one worked on, and every service. */
export function HomePage() {
  const t = useTexts()
  const shell = useShellTexts()
  const language = useLanguage()
  const user = useUser()
  const { data: program } = useProgram()
  const services = program?.services ?? []
  const departments = services.filter((service) => !isAdministrative(service))
  const [recent] = usePreference(RECENT, noRecent)
  useTitle("")
  useFirstView(program !== undefined)
  const isMany = services.length > MANY_SERVICES
  const indexes = useQueries({ queries: isMany ? [] : services.map(({ service }) => serviceOptions(service)) })
  const hasNothing =
    program !== undefined &&
    !isMany &&
    services.every((service, i) => {
      const models = indexes[i]?.data?.models
      return isAdministrative(service) || (!service.away && models !== undefined && shownModels(models).length === 0)
    })
  return (
    <div className={classes["page"]}>
      <header className={classes["head"]}>
        <h1 className={classes["title"]}>{t.hello(user.name.split(" ", 1)[0] ?? "")}</h1>
        <p className="quiet">{t.lead}</p>
      </header>
      <h2 className={classes["heading"]}>
        <IconClock size={15} aria-hidden /> {t.recent}
      </h2>
      {recent.length === 0 ? (
        <p className={classes["note"]}>{t.noRecent}</p>
      ) : (
        <ul className={classes["recent"]}>
          {recent.slice(0, 6).map((record) => {
            const { service, name } = partsOf(record.collection)
            return (
              <li key={record.id}>
                <Link
                  to="/$service/$collection/$id"
                  params={{ service, collection: name, id: record.id }}
                  className={classes["recentLink"]}
                >
                  <ServiceIcon service={service} />
                  <span className={classes["recentTitle"]}>{record.title}</span>
                  <span className={classes["recentNote"]}>
                    {record.model} · {formatAgo(record.at, language)}
                  </span>
                </Link>
              </li>
            )
          })}
        </ul>
      )}
      <h2 className={classes["heading"]}>
        <IconLayoutGrid size={15} aria-hidden /> {shell.services}
      </h2>
      {hasNothing && (
        <div className={classes["note"]}>
          <strong>{shell.noRole}</strong>
          <p>{shell.noRoleWhy}</p>
        </div>
      )}
      <div className={classes["cards"]}>
        {departments.map((service) => (
          <ServiceCard key={service.service} service={service} isShown={!isMany} />
        ))}
      </div>
      {/* Beneath what is there, which does not move any more. */}
      {indexes.every(({ isPending }) => !isPending) && <Administration services={services.filter(isAdministrative)} />}
    </div>
  )
}
