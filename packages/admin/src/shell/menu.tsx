import { Link } from "@tanstack/react-router"
import { IconChevronRight, IconHome } from "@tabler/icons-react"
import { usePreference } from "../app/preferences.ts"
import { partsOf, shownModels, type UiServiceEntry } from "../metadata/model.ts"
import { useProgram, useService } from "../metadata/use-metadata.ts"
import { ServiceIcon } from "./service-icon.tsx"
import { useShellTexts } from "./text.ts"
import { inMenuOrder, isAdministrative } from "../metadata/menu-order.ts"
import classes from "./menu.module.css"

/** With more services than this they begin folded, and what is in one is asked for when it is opened. */
export const MANY_SERVICES = 12

function Models({ service }: { readonly service: UiServiceEntry }) {
  const t = useShellTexts()
  const { data, error } = useService(service.service)
  if (data === undefined) return error ? <p className={classes["note"]}>{t.downWhy(service.title)}</p> : null
  const models = shownModels(data.models)
  if (models.length === 0) return <p className={classes["note"]}>{t.nothing}</p>
  return (
    <ul className={classes["models"]}>
      {models.map((model) => {
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

function ServiceSection({
  service,
  isOpen,
  toggle,
}: {
  readonly service: UiServiceEntry
  readonly isOpen: boolean
  readonly toggle: () => void
}) {
  const t = useShellTexts()
  const { data } = useService(isOpen && !service.away ? service.service : "")
  // A service that shows this person nothing has no place in the menu; one that is not known yet has.
  if (isOpen && data !== undefined && data.service === service.service && shownModels(data.models).length === 0)
    return null
  const id = `menu-${service.service}`
  return (
    <li className={isAdministrative(service) ? classes["administrative"] : ""}>
      <button type="button" className={classes["service"]} aria-expanded={isOpen} aria-controls={id} onClick={toggle}>
        <ServiceIcon service={service.service} />
        <span className={classes["serviceTitle"]}>{service.title}</span>
        {service.away && (
          <span className={classes["down"]} title={t.downWhy(service.title)}>
            {t.down}
          </span>
        )}
        <IconChevronRight size={14} className={classes["chevron"]} aria-hidden />
      </button>
      <div id={id} hidden={!isOpen}>
        {isOpen && <Models service={service} />}
      </div>
    </li>
  )
}

const nothing: Readonly<Record<string, boolean>> = {}

/** The services and their models, as far as who is logged in may see any. */
export function Menu() {
  const t = useShellTexts()
  const { data: program } = useProgram()
  const [folds, setFolds] = usePreference("menu", nothing)
  const services = inMenuOrder(program?.services ?? [])
  const isOpen = (service: string): boolean => folds[service] ?? services.length <= MANY_SERVICES
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
      <ul className={classes["services"]}>
        {services.map((service) => (
          <ServiceSection
            key={service.service}
            service={service}
            isOpen={isOpen(service.service)}
            toggle={() => setFolds({ ...folds, [service.service]: !isOpen(service.service) })}
          />
        ))}
      </ul>
    </nav>
  )
}
