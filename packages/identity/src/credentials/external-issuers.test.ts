import assert from "node:assert/strict"
import { describe, test } from "vitest"
import { externalIssuers } from "./external-issuers.ts"

const valid = { name: "company", issuer: "https://id.company.example", clientId: "archipel" }
const read = (list: unknown, env: Readonly<Record<string, string>> = {}, isDevelopment = false) =>
  externalIssuers({ ...env, LOGIN_ISSUERS: typeof list === "string" ? list : JSON.stringify(list) }, isDevelopment)

describe("LOGIN_ISSUERS", () => {
  test("names issuers; what they are trusted with is said, not assumed", () => {
    assert.deepEqual(externalIssuers({}, false), [])
    assert.deepEqual(read([valid]), [
      { ...valid, label: "company", authoritativeDomains: [], autoCreate: false, scope: "openid email profile" },
    ])
    const [full] = read(
      [{ ...valid, clientSecretEnv: "SECRET", authoritativeDomains: ["Company.Example"], autoCreate: true }],
      {
        SECRET: "hidden",
      },
    )
    assert.deepEqual(
      [full?.clientSecret, full?.authoritativeDomains, full?.autoCreate],
      ["hidden", ["company.example"], true],
    )
  })

  test("that is wrong stops the program with the place and without the value", () => {
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      ["{", /not JSON/],
      [{}, /must be a list/],
      [[1], /LOGIN_ISSUERS\[0\] must be an object/],
      [[{ ...valid, name: "../x" }], /\[0\]\.name/],
      [[{ ...valid, issuer: "http://id.company.example" }], /\[0\]\.issuer must be an https/],
      [[{ ...valid, issuer: "https://user@id.company.example" }], /\[0\]\.issuer/],
      [[{ ...valid, clientId: 7 }], /\[0\]\.clientId/],
      [[{ ...valid, clientSecretEnv: "MISSING" }], /MISSING, which is not set/],
      [[{ ...valid, clientSecretFile: "/nonexistent/secret" }], /clientSecretFile cannot be read/],
      [[{ ...valid, authoritativeDomains: "company.example" }], /authoritativeDomains/],
      [[{ ...valid, autoCreate: "yes" }], /autoCreate/],
      [[valid, { ...valid, issuer: "https://other.example" }], /same name twice/],
      [[valid, { ...valid, name: "other" }], /same issuer twice/],
    ]
    for (const [list, message] of wrong) assert.throws(() => read(list), message)
    assert.equal(read([{ ...valid, issuer: "http://127.0.0.1:4000" }], {}, true).length, 1)
  })
})
