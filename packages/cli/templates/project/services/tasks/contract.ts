import { bool, contract, date, model, one, text } from "@archipel/core"

/** What is public: records with their fields, roles, states, actions. Database and API follow from it. */
export const tasks = contract("tasks", {
  roles: ["user", "manager"],
  models: {
    Task: model({
      title: text(),
      due: date().optional(),
      done: bool().default(false),
      owner: one("identity.User").default("me"),
    }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    tasks: typeof tasks
  }
}
