import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { rightsText } from "../rights-file.ts"
import type { Service } from "../service.ts"

/**
 * That the rights of a service are what its committed file says: `expectRightsMatrix(sales, new URL("./rights.txt", import.meta.url))`.
 * Whoever changes a rule sees here what it changes, and so does who reviews it. With `UPDATE_RIGHTS=1` the file is written instead.
 *
 * @throws AssertionError with the difference
 */
export async function expectRightsMatrix(service: Service, file: URL): Promise<void> {
  const text = rightsText(service)
  if (process.env["UPDATE_RIGHTS"] === "1") {
    await writeFile(file, text)
    return
  }
  const committed = existsSync(file) ? (await readFile(file, "utf8")).replaceAll("\r\n", "\n") : ""
  assert.equal(
    text,
    committed,
    `The rights of ${service.name} are not what ${fileURLToPath(file)} says. If they are meant so, run the test with UPDATE_RIGHTS=1, or \`archipel rights --write\`, and review the difference.`,
  )
}
