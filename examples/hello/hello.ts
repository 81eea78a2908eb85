import { bool, contract, date, logic, me, model, one, text } from "@archipel/core"
import { service, start } from "@archipel/server"

const hello = contract("hello", {
  roles: ["user"],
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
    hello: typeof hello
  }
}

const task = logic("hello.Task").grant("hello.user", "all", { owner: me })

await start([service("hello", { logic: [task] })])
