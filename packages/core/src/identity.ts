import { bool, email, text } from "./fields.ts"
import { contract, model } from "./model.ts"

/**
 * The users of the company, owned by the identity service; in core, so that every service may refer to users
 * without depending on that service.
 */
export const identity = contract("identity", {
  roles: ["admin", "reader"],
  models: {
    User: model(
      { name: text(), email: email().unique(), active: bool().default(true) },
      { title: "name", publicTitle: true },
    ),
  },
})
