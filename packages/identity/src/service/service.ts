import { type Service, service } from "@archipel/server"
import "../contract.ts"
import { assignment } from "../logic/assignments.ts"
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
import { prepareIdentity, runIdentity, welcomePeople } from "./load-running.ts"
import { settingMistakes } from "./settings.ts"

/** Login and rights of a program: `start([identityService(), ...services])`. */
export const identityService = (): Service<"identity"> =>
  service("identity", {
    logic: [
      user,
      company,
      group,
      assignment,
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
    ],
    explain: ["identity.admin"],
    mistakes: settingMistakes,
    prepare: prepareIdentity,
    runs: runIdentity,
    welcome: welcomePeople,
  })
