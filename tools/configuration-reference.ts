/**
 * The tables of settings in `docs/reference/configuration.md`, from the settings themselves:
 * `node --conditions=@archipel/source tools/configuration-reference.ts`.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Setting, SettingGroup } from "../packages/server/src/settings/setting.ts"
import { settings } from "../packages/server/src/settings/settings.ts"

const row = ({ name, means, otherwise = "", form, secret }: Setting): string =>
  `| \`${name}\` | ${means} | ${form.words}${secret ? "; secret" : ""} | ${otherwise} |`

const table = (group: SettingGroup): string =>
  ["| variable | means | takes | left out |", "|---|---|---|---|"]
    .concat(settings.filter((setting) => setting.group === group).map(row))
    .join("\n")

const MARKED = /(<!-- settings: (\w+) -->\n)[\s\S]*?(\n<!-- end of settings -->)/g

/** The page with its tables of settings as the code has them. */
export const withSettings = (page: string): string =>
  page.replace(MARKED, (_all, begin: string, group: SettingGroup, end: string) => `${begin}${table(group)}${end}`)

if (import.meta.main) {
  const file = fileURLToPath(new URL("../docs/reference/configuration.md", import.meta.url))
  writeFileSync(file, withSettings(readFileSync(file, "utf8")))
}
