import {
  before,
  choice,
  claim,
  contract,
  date,
  logic,
  longText,
  many,
  me,
  model,
  one,
  states,
  text,
  today,
} from "@archipel/core"
import { service } from "@archipel/server"

/** A small service in which every kind of rule occurs: what the tests of rights are about. */
export const workshop = contract("workshop", {
  roles: ["user", "clerk", "manager", "auditor", "intake"],
  models: {
    Customer: model({ name: text(), company: text() }, { company: "company" }),
    Job: model(
      {
        name: text(),
        company: text().optional(),
        owner: one("identity.User").optional(),
        customer: one("workshop.Customer").optional(),
        due: date().optional(),
        price: text().optional(),
        state: states(["draft", "done"], { finish: { from: ["draft"], to: "done" } }),
        parts: many("workshop.Part", "job").owned(),
      },
      { company: "company", sharedWhenNull: true },
    ),
    Part: model({ job: one("workshop.Job", { onDelete: "cascade" }), name: text() }),
    Notice: model({ title: text(), body: longText().optional(), internal: text().optional() }),
    Message: model({
      text: text(),
      kind: choice("question", "complaint").default("question"),
      state: choice("new", "read").default("new"),
      region: text().optional(),
      writtenBy: one("identity.User").optional(),
      day: date().optional(),
    }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    workshop: typeof workshop
  }
}

export const customer = logic("workshop.Customer")
  .grant("workshop.user", ["read"], "all")
  .grant("workshop.manager", "all", "all")

export const job = logic("workshop.Job")
  .grant("workshop.user", ["read", "update"], { owner: me }, { fields: ["name", "owner", "due", "state", "parts"] })
  .grant("workshop.user", ["create"], "all", { presets: { owner: me } })
  .grant("workshop.user", ["delete"], { owner: me, due: { isSet: true } })
  .grant("workshop.clerk", ["read"], "all", { fields: ["name", "company"] })
  .grant("workshop.manager", "all", "all")
  .restrict({ not: { name: { startsWith: "hidden" } } }, "Hidden jobs are nobody's.")
  .on("finish", { by: ["workshop.user", "workshop.manager"], where: { due: { isSet: true } }, notBy: "owner" })

export const notice = logic("workshop.Notice")
  .grant("public", ["read"], { not: { title: { startsWith: "draft" } } }, { fields: ["title", "body"] })
  .grant("workshop.manager", "all", "all")

export const message = logic("workshop.Message")
  .grant("public", ["create"], "all", { fields: ["text", "kind"], presets: { state: "new", day: today() } })
  .grant("workshop.intake", ["create", "update"], "all", { presets: { writtenBy: me, region: claim("region") } })
  .grant("workshop.clerk", ["create"], { kind: "complaint" }, { presets: { region: "elsewhere" } })
  .grant("workshop.manager", ["read", "delete"], "all")
  .grant("workshop.manager", ["update"], { state: "new" }, { check: { kind: { eq: before("kind") } } })
  .grant("workshop.intake", ["read"], "all")

export const workshopService = service("workshop", {
  logic: [customer, job, notice, message],
  explain: ["workshop.auditor"],
})
