import { IconAlertTriangle, IconCloudOff, IconError404, IconLock } from "@tabler/icons-react"
import { type ProblemDetails, ProblemError, problemOf } from "../api/problem.ts"
import { humanise } from "../fields/format.ts"
import { texts } from "../i18n/language.ts"
import { useRetry } from "./retry.ts"
import classes from "./states.module.css"

const useTexts = texts(
  {
    denied: "You may not see this",
    deniedWhy: (what: string) => `Your roles give no right to see ${what}.`,
    deniedRoles: (roles: string) => `The right comes with ${roles}.`,
    deniedWho: "Somebody who gives out roles (identity.admin) can give you one.",
    this: "this",
    or: "or",
    model: (model: string, service: string) => `${model} of ${service}`,
    missing: "Not found",
    missingWhy: "There is no such thing here, or you may not see it.",
    away: "The service does not answer",
    awayWhy: "The other services go on as usual. This page comes back as soon as the service does.",
    failed: "Something went wrong",
    again: "Try again",
    trace: "Trace",
  },
  {
    denied: "Vous ne pouvez pas voir ceci",
    deniedWhy: (what: string) => `Vos rôles ne donnent pas le droit de voir ${what}.`,
    deniedRoles: (roles: string) => `Ce droit vient avec ${roles}.`,
    deniedWho: "Une personne qui attribue les rôles (identity.admin) peut vous en donner un.",
    this: "ceci",
    or: "ou",
    model: (model: string, service: string) => `${model} de ${service}`,
    missing: "Introuvable",
    missingWhy: "Cela n’existe pas ici, ou vous ne pouvez pas le voir.",
    away: "Le service ne répond pas",
    awayWhy: "Les autres services continuent normalement. Cette page revient dès que le service répond.",
    failed: "Une erreur est survenue",
    again: "Réessayer",
    trace: "Trace",
  },
)

type Texts = ReturnType<typeof useTexts>

/** What was refused, which roles give the right to it as far as the service says, and who gives these. */
function explained(details: ProblemDetails["details"], t: Texts): string {
  const { model, roles } = details ?? {}
  const [service = "", name = ""] = typeof model === "string" ? model.split(".") : []
  const what = name === "" ? t.this : t.model(humanise(name), humanise(service))
  const names = Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : []
  return [t.deniedWhy(what), ...(names.length > 0 ? [t.deniedRoles(names.join(` ${t.or} `))] : []), t.deniedWho].join(
    " ",
  )
}

/** In place of a view: why it is not there, and what can be done. */
export function Refusal({
  error,
  again,
  isWhole = false,
}: {
  readonly error: unknown
  readonly again?: () => void
  /** In place of a whole page, whose heading it then has. */
  readonly isWhole?: boolean
}) {
  const Heading = isWhole ? "h1" : "h2"
  const t = useTexts()
  const problem = problemOf(error)
  const known = error instanceof ProblemError ? error : undefined
  const isAway = known?.isOutage === true
  useRetry(isAway && again !== undefined, () => again?.())
  const [Icon, title, why] = known?.isDenied
    ? [IconLock, t.denied, explained(problem.details, t)]
    : known?.isMissing
      ? [IconError404, t.missing, t.missingWhy]
      : isAway
        ? [IconCloudOff, t.away, t.awayWhy]
        : [IconAlertTriangle, t.failed, problem.detail ?? problem.title]
  return (
    <div className={classes["state"]} role="alert">
      <Icon size={36} stroke={1.4} aria-hidden />
      <Heading className={classes["stateTitle"]}>{title}</Heading>
      <p className={classes["stateWhy"]}>{why}</p>
      <p className={classes["stateCode"]}>
        {problem.code}
        {problem.traceId && ` · ${t.trace} ${problem.traceId}`}
      </p>
      {again && !known?.isDenied && (
        <button type="button" className="button" onClick={again}>
          {t.again}
        </button>
      )}
    </div>
  )
}
