import Big from "big.js"

/** An exact decimal: a string of digits on the wire, in code and in the database. Never converted to `Number`. */
export type Decimal = string & { readonly __decimal?: never }

/** Integers may be mixed with decimals; a fraction must be a string, because `0.1` as a number is already inexact. */
export type DecimalLike = Decimal | number

// Away from zero at a half, as PostgreSQL's round(numeric).
const HALF_AWAY_FROM_ZERO = 1
const context = Big()
context.strict = false
context.RM = HALF_AWAY_FROM_ZERO

const exact = (value: DecimalLike) => {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new TypeError("A decimal is a string or an integer; a fractional number is inexact.")
  }
  return new context(value)
}

const print = (value: Big): Decimal => {
  const text = value.toFixed()
  return text === "-0" ? "0" : text
}

/** `units` of the last digit after the point: exact as long as it is a safe integer. */
interface Scaled {
  readonly units: number
  readonly scale: number
}

const MAX_SCALED_LENGTH = 16
const PLAIN = /^-?\d+(?:\.\d+)?$/
/** Digits before the point as `Big` prints them, and no sign, which it drops of a zero. */
const PRINTED = /^(?:0|[1-9]\d*)(?:\.\d+)?$/

/** A decimal of few digits, which most are: what is done with those takes a tenth of the time. */
function scaled(value: DecimalLike): Scaled | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? { units: value, scale: 0 } : undefined
  if (value.length > MAX_SCALED_LENGTH || !PLAIN.test(value)) return undefined
  const point = value.indexOf(".")
  if (point < 0) return { units: Number(value), scale: 0 }
  return { units: Number(value.slice(0, point) + value.slice(point + 1)), scale: value.length - point - 1 }
}

/** Undefined where digits may have been lost. */
function printScaled(units: number, scale: number): Decimal | undefined {
  if (!Number.isSafeInteger(units)) return undefined
  while (scale > 0 && units % 10 === 0) {
    units /= 10
    scale--
  }
  if (scale === 0) return String(units)
  const digits = String(Math.abs(units)).padStart(scale + 1, "0")
  return `${units < 0 ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function scaledProduct(factors: readonly DecimalLike[]): Decimal | undefined {
  let units = 1
  let scale = 0
  for (const factor of factors) {
    const next = scaled(factor)
    if (next === undefined) return undefined
    units *= next.units
    scale += next.scale
    if (!Number.isSafeInteger(units)) return undefined
  }
  return printScaled(units, scale)
}

function scaledSum(terms: readonly DecimalLike[]): Decimal | undefined {
  let units = 0
  let scale = 0
  for (const term of terms) {
    const next = scaled(term)
    if (next === undefined) return undefined
    const common = Math.max(scale, next.scale)
    const [own, other] = [units * 10 ** (common - scale), next.units * 10 ** (common - next.scale)]
    if (!Number.isSafeInteger(own) || !Number.isSafeInteger(other)) return undefined
    units = own + other
    scale = common
    if (!Number.isSafeInteger(units)) return undefined
  }
  return printScaled(units, scale)
}

/** The exact product. */
export const times = (...factors: readonly [DecimalLike, ...DecimalLike[]]): Decimal =>
  scaledProduct(factors) ?? print(factors.reduce<Big>((product, factor) => product.times(exact(factor)), exact(1)))

/** The exact sum; of nothing, "0". */
export const sum = (terms: Iterable<DecimalLike>): Decimal => {
  const all = [...terms]
  return scaledSum(all) ?? print(all.reduce<Big>((total, term) => total.plus(exact(term)), exact(0)))
}

/** The exact sum. */
export const plus = (...terms: readonly DecimalLike[]): Decimal => sum(terms)

/** The exact difference. */
export const minus = (from: DecimalLike, ...terms: readonly DecimalLike[]): Decimal =>
  print(terms.reduce<Big>((rest, term) => rest.minus(exact(term)), exact(from)))

/**
 * The quotient, rounded half away from zero to `scale` digits after the point.
 *
 * @throws RangeError if `divisor` is zero.
 */
export function divide(dividend: DecimalLike, divisor: DecimalLike, scale: number): Decimal {
  const by = exact(divisor)
  if (by.eq(0)) throw new RangeError("Division by zero.")
  // A quotient rounded twice can be wrong by one unit; big.js rounds once, at DP.
  const precise = Big()
  precise.DP = scale
  precise.RM = HALF_AWAY_FROM_ZERO
  return new precise(exact(dividend))
    .div(by)
    .toFixed(scale)
    .replace(/^-(?=0(?:\.0*)?$)/, "")
}

/** `value` with exactly `scale` digits after the point, a half rounded away from zero, as PostgreSQL's `round(numeric, scale)`. */
export const round = (value: DecimalLike, scale: number): Decimal =>
  padded(value, scale) ??
  exact(value)
    .toFixed(scale, HALF_AWAY_FROM_ZERO)
    .replace(/^-(?=0(?:\.0*)?$)/, "")

/** Where nothing has to be rounded. */
function padded(value: DecimalLike, scale: number): Decimal | undefined {
  if (typeof value !== "string" || !PRINTED.test(value)) return undefined
  const point = value.indexOf(".")
  const missing = scale - (point < 0 ? 0 : value.length - point - 1)
  if (missing <= 0) return missing === 0 ? value : undefined
  return `${value}${point < 0 ? "." : ""}${"0".repeat(missing)}`
}

/** -1, 0 or 1: whether `a` is less than, equal to or greater than `b`, by value ("1.0" equals "1"). */
export const compareDecimals = (a: DecimalLike, b: DecimalLike): -1 | 0 | 1 => exact(a).cmp(exact(b))

/** Whether a text is a plain decimal number: digits, an optional sign and point, no exponent. */
export const isDecimal = (text: string): boolean => /^-?\d{1,131}(?:\.\d{1,131})?$/.test(text)
