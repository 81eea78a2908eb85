/**
 * What was measured of the admin, beside what its acceptance list asks for.
 *
 * @module
 */
import { median } from "../statistics.ts"
import { table } from "../summary.ts"

export type Unit = "ms" | "s" | "KB" | "MB" | "nodes" | "requests" | "px" | "shift"

export interface Figure {
  /** Number in the acceptance list. */
  readonly check: number
  readonly what: string
  /** One for each time that it was measured. */
  readonly samples: readonly number[]
  readonly unit: Unit
  /** The median must not be above it; with `atLeast` not below. */
  readonly goal: number
  readonly atLeast?: true
  /** Processor time of the page's main thread hardly depends on what else a machine does; what a clock says does. */
  readonly clock?: "cpu" | "wall"
}

const digits: Readonly<Record<Unit, number>> = {
  ms: 1,
  s: 1,
  KB: 1,
  MB: 1,
  nodes: 0,
  requests: 0,
  px: 1,
  shift: 4,
}

/** A single miss counts where there is one sample only; otherwise the median decides, as it outlives a disturbed sample. */
export const isReached = ({ samples, goal, atLeast }: Figure): boolean =>
  samples.length > 0 && (atLeast ? median(samples) >= goal : median(samples) <= goal)

/** "a form from the list", "132.0 ms", "120.0 – 150.0", "≤ 150", "yes" */
function cellsOf(figure: Figure): readonly string[] {
  const { what, samples, unit, goal, atLeast, clock } = figure
  const text = (value: number): string => value.toFixed(digits[unit])
  const label = `${unit === "shift" ? "" : ` ${unit}`}${clock === "cpu" ? " CPU" : ""}`
  return [
    what,
    samples.length === 0 ? "not measured" : `${text(median(samples))}${label}`,
    samples.length < 2 ? "" : `${text(Math.min(...samples))} – ${text(Math.max(...samples))}`,
    `${atLeast ? "≥" : "≤"} ${goal}`,
    isReached(figure) ? "yes" : "no",
  ]
}

export const figureText = (figure: Figure): string => cellsOf(figure).join(" · ")

export const figuresTable = (figures: readonly Figure[]): string =>
  table(
    ["check", "what", "median", "spread", "goal", "reached"],
    figures.toSorted((a, b) => a.check - b.check).map((figure) => [String(figure.check), ...cellsOf(figure)]),
  )
