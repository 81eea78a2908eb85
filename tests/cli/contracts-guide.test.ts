import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "vitest"
import { followGuide } from "./follow-guide.ts"

// The last command on the page runs until it is ended.
const guide = new URL("../../docs/guides/contracts.md", import.meta.url)
const page = readFileSync(guide, "utf8").split("## Developing alone")[0] ?? ""

/** What `npm install` does with the packed contract, where all other packages are there already. */
const install = `mkdir -p node_modules/@company/crm-contract
tar -xzf ../company/company-crm-contract-0.1.0.tgz --strip-components=1 -C node_modules/@company/crm-contract`

test("what the guide to contracts says works, from the first command to the last", { timeout: 600_000 }, async () => {
  await followGuide(page, {
    script: (shown, folder) =>
      shown.replace(/^npm install$/m, install).replaceAll("/tmp/", `${join(folder, "released")}/`),
  })
})
