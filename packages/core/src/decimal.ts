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

/** The exact product. */
export const times = (first: DecimalLike, ...factors: readonly DecimalLike[]): Decimal =>
  print(factors.reduce<Big>((product, factor) => product.times(exact(factor)), exact(first)))

/** The exact sum; of nothing, "0". */
export const sum = (terms: Iterable<DecimalLike>): Decimal => {
  let total = exact(0)
  for (const term of terms) total = total.plus(exact(term))
  return print(total)
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
  exact(value)
    .toFixed(scale, HALF_AWAY_FROM_ZERO)
    .replace(/^-(?=0(?:\.0*)?$)/, "")

/** -1, 0 or 1: whether `a` is less than, equal to or greater than `b`, by value ("1.0" equals "1"). */
export const compareDecimals = (a: DecimalLike, b: DecimalLike): -1 | 0 | 1 => exact(a).cmp(exact(b))

/** Whether a text is a plain decimal number: digits, an optional sign and point, no exponent. */
export const isDecimal = (text: string): boolean => /^-?\d{1,131}(?:\.\d{1,131})?$/.test(text)
