import { type Service, service } from "@archipel/server"
import "../contract.ts"
import type { ToldContracts } from "../apart/service-contracts.ts"
import { french } from "../french.ts"
import { assignmentLogic } from "../logic/assignments.ts"
import { favourite, setting } from "../logic/preferences.ts"
import {
  artifact,
  attempt,
  client,
  credential,
  externalLogin,
  link,
  outgoingMail,
  session,
  signingKey,
} from "../logic/proofs.ts"
import { company, group, serviceAccount, user } from "../logic/users.ts"
import { prepareIdentity, representIdentity, runIdentity, welcomePeople } from "./load-running.ts"
import { settingMistakes } from "./settings.ts"

/** Login and rights of a program: `start([identityService(), ...services])`. */
export function identityService(): Service<"identity"> {
  /** Grows while it runs: roles may be given of services that joined later. */
  const told: ToldContracts = new Map()
  return service("identity", {
    logic: [
      user,
      company,
      group,
      assignmentLogic(told),
      serviceAccount,
      client,
      credential,
      session,
      externalLogin,
      link,
      outgoingMail,
      attempt,
      artifact,
      signingKey,
      favourite,
      setting,
    ],
    translations: [french],
    explain: ["identity.admin"],
    mistakes: settingMistakes,
    prepare: prepareIdentity,
    runs: (host) => runIdentity(host, told),
    represents: representIdentity,
    welcome: (host) => welcomePeople(host, told),
  })
}
