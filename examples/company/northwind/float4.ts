import type { Decimal } from "@archipel/core"

/**
 * What PostgreSQL's `value::real::numeric` gives: the nearest float of 32 bits with six significant digits, which undoes
 * what a dump of such a column shows ("9.80000019" was 9.8).
 *
 * @throws RangeError if the text is no number from a millionth to a million, where six digits are written without an exponent.
 */
export function float4ToDecimal(text: string): Decimal {
  const real = Math.fround(Number(text))
  // Exactly between two decimals C's printf, which PostgreSQL uses, takes the even one; toPrecision takes the greater.
  const tie = /^(-?\d\.\d{4}[02468])50*(e.+)$/.exec(real.toExponential(20))
  const digits = (tie ? Number(`${tie[1]}${tie[2]}`) : real).toPrecision(6)
  if (text.trim() === "" || !/^-?\d+(?:\.\d+)?$/.test(digits))
    throw new RangeError(`"${text}" is not a number that fits`)
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits
}
