import { IconAlertTriangle, IconCloudOff, IconError404, IconLock } from "@tabler/icons-react"
import { ProblemError, problemOf } from "../api/problem.ts"
import { texts } from "../i18n/language.ts"
import { useRetry } from "./retry.ts"
import classes from "./states.module.css"

const useTexts = texts(
  {
    denied: "You may not see this",
    deniedWhy: "Your roles do not include a right to it. Whoever administers access can grant one.",
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
    deniedWhy: "Vos rôles n’en donnent pas le droit. Une personne qui administre les accès peut l’accorder.",
    missing: "Introuvable",
    missingWhy: "Cela n’existe pas ici, ou vous ne pouvez pas le voir.",
    away: "Le service ne répond pas",
    awayWhy: "Les autres services continuent normalement. Cette page revient dès que le service répond.",
    failed: "Une erreur est survenue",
    again: "Réessayer",
    trace: "Trace",
  },
)

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
    ? [IconLock, t.denied, t.deniedWhy]
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
