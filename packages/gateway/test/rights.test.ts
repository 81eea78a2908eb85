import { expectRightsMatrix } from "@archipel/server/test"
import { test } from "vitest"
import { gatewayService } from "@archipel/gateway"

test("the rights of gateway are what the committed file says", async () => {
  await expectRightsMatrix(gatewayService(), new URL("../rights.txt", import.meta.url))
})
