import { bool, email, json, text } from "./fields.ts"
import { type Contract, contract, model } from "./model.ts"
import { manyToMany } from "./relations.ts"

const company = model(
  {
    code: text({ maxLength: 20 }).unique(),
    name: text(),
    users: manyToMany("identity.User", { inverse: "companies" }),
  },
  { title: "name", publicTitle: true, plural: "companies", discussion: false },
)

const user = model(
  {
    name: text(),
    email: email().unique(),
    emailVerified: bool().default(false),
    active: bool().default(true),
    /** BCP 47. */
    locale: text({ maxLength: 35 }).optional(),
    /** IANA name. */
    timeZone: text({ maxLength: 64 }).default("UTC"),
    /** What rules read with `claim(…)`: strings, numbers, or lists of them. */
    attributes: json().optional(),
    companies: manyToMany("identity.Company"),
  },
  { title: "name", publicTitle: true, discussion: false },
)

/** The models of the identity service; where that service is imported, it adds the ones that nobody else refers to. */
export interface IdentityModels {
  readonly User: typeof user
  readonly Company: typeof company
}

/** The contract of the identity service as the program's names see it. */
export interface IdentityContract extends Contract<"identity", readonly ["admin", "reader", "user"], IdentityModels> {}

/**
 * The users and companies that every service may refer to, owned by the identity service; in core, so that referring to them
 * does not mean depending on that service.
 */
export const identity = contract("identity", {
  roles: ["admin", "reader", "user"],
  models: { User: user, Company: company },
})
