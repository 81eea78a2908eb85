import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { compareDecimals, divide, isDecimal, minus, plus, round, sum, times } from "./decimal.ts"

const decimalText = fc
  .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, scale]) => printed(digits, scale))

function printed(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0")
  return (units < 0n ? "-" : "") + (scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`)
}

const shortest = (units: bigint, scale: number): string => {
  const text = printed(units, scale)
  return scale === 0 ? text : text.replace(/\.?0+$/, "").replace(/^-?$/, "0")
}

describe("decimals", () => {
  it("are exact where numbers are not", () => {
    expect(plus("0.1", "0.2")).toBe("0.3")
    expect(times("1.005", 100)).toBe("100.5")
    expect(minus("9007199254740993", 1)).toBe("9007199254740992")
    expect(sum([])).toBe("0")
  })

  it("round a half away from zero, as PostgreSQL does", () => {
    expect(round("2.5", 0)).toBe("3")
    expect(round("-2.5", 0)).toBe("-3")
    expect(round("1.005", 2)).toBe("1.01")
    expect(round("-0.004", 2)).toBe("0.00")
    expect(divide(2, 3, 4)).toBe("0.6667")
    expect(divide(-1, 8, 2)).toBe("-0.13")
  })

  it("refuse fractions given as numbers, because those are inexact already", () => {
    expect(() => plus("1", 0.1)).toThrow(TypeError)
    expect(() => divide("1", "0.00", 2)).toThrow(RangeError)
  })

  it("are the same however many digits they have", () => {
    const few = fc
      .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }))
      .map(([units, scale]) => ({ units: BigInt(units), scale, text: printed(BigInt(units), scale) }))
    fc.assert(
      fc.property(few, few, fc.integer({ min: 0, max: 8 }), (a, b, scale) => {
        const [own, other] = [a.units * 10n ** BigInt(b.scale), b.units * 10n ** BigInt(a.scale)]
        expect(times(a.text, b.text)).toBe(shortest(a.units * b.units, a.scale + b.scale))
        expect(plus(a.text, b.text)).toBe(shortest(own + other, a.scale + b.scale))
        expect(round(a.text, scale)).toBe(round(`0${a.text}`.replace("0-", "-0"), scale))
      }),
    )
  })

  it("keep the laws of arithmetic for any digits", () => {
    fc.assert(
      fc.property(decimalText, decimalText, decimalText, (a, b, c) => {
        expect(compareDecimals(plus(a, b), plus(b, a))).toBe(0)
        expect(compareDecimals(minus(plus(a, b), b), a)).toBe(0)
        expect(compareDecimals(times(a, plus(b, c)), plus(times(a, b), times(a, c)))).toBe(0)
        expect(isDecimal(times(a, b))).toBe(true)
      }),
    )
  })
})
