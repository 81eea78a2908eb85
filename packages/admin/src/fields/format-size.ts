import { languageNow } from "../i18n/language.ts"

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const

/** "1.2 MB" */
export function formatSize(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const format = new Intl.NumberFormat(languageNow(), {
    style: "unit",
    unit: units[power] as string,
    maximumFractionDigits: 1,
  })
  return format.format(bytes / 1000 ** power)
}
