import { expectRightsMatrix } from "@archipel/server/test"
import { test } from "vitest"
import { identityService } from "@archipel/identity"

test("the rights of identity are what the committed file says", async () => {
  await expectRightsMatrix(identityService(), new URL("../rights.txt", import.meta.url))
})
