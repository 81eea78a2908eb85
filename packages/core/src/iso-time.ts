const SECOND_MS = 1_000

let second = Number.NaN
let upToSecond = ""

/**
 * An instant as `toISOString` writes it, for what every request needs: that looks up the time zone of the machine, which takes ten times as
 * long. Instants that follow each other share all but their milliseconds.
 *
 * @param ms Since 1970, a whole number.
 * @throws RangeError as `toISOString`
 */
export function isoTime(ms: number): string {
  const whole = Math.floor(ms / SECOND_MS)
  if (whole !== second) {
    upToSecond = new Date(whole * SECOND_MS).toISOString().slice(0, -"000Z".length)
    second = whole
  }
  return `${upToSecond}${String(ms - whole * SECOND_MS).padStart(3, "0")}Z`
}
