/**
 * A service with the shapes of rights that the company has no need of: roles that see different fields of different rows, relations
 * to themselves, links to hidden records, companies, restrictions that hold for everybody, rules about the value before.
 *
 * @module
 */
import {
  action,
  before,
  bool,
  claim,
  contract,
  date,
  email,
  file,
  html,
  integer,
  json,
  logic,
  longText,
  many,
  manyToMany,
  me,
  model,
  money,
  one,
  refuse,
  states,
  text,
} from "@archipel/core"
import { service } from "@archipel/server"

export const vault = contract("vault", {
  roles: ["user", "clerk", "titles", "codes", "manager", "idle"],
  models: {
    Label: model(
      {
        name: text(),
        open: bool().default(true),
        remark: text().optional(),
        notes: manyToMany("vault.Note", { inverse: "labels" }),
      },
      { title: "name" },
    ),
    Note: model(
      {
        code: text({ maxLength: 60 }).unique(),
        title: text().index().tracked(),
        body: longText().optional(),
        page: html().optional(),
        contact: email().optional(),
        secret: text().optional().tracked(),
        amount: money().optional(),
        rank: integer().optional(),
        facts: json().optional(),
        scan: file().optional(),
        sealed: bool().default(false),
        owner: one("identity.User").optional().default("me"),
        parent: one("vault.Note").optional(),
        children: many("vault.Note", "parent"),
        labels: manyToMany("vault.Label"),
        state: states(["open", "done"], {
          finish: { from: ["open"], to: "done" },
          reopen: { from: ["done"], to: "open" },
        }),
        items: many("vault.Item", "note").owned(),
        itemCount: integer().computed(),
        total: money().computed(),
      },
      {
        title: "title",
        archive: true,
        externalId: true,
        search: ["title", "body", "secret", "contact"],
        actions: { stamp: action({ mark: text() }, { rank: integer() }) },
      },
    ),
    Item: model({
      note: one("vault.Note", { onDelete: "cascade" }),
      name: text(),
      price: money().optional(),
      inner: text().optional(),
    }),
    Account: model(
      {
        number: text({ maxLength: 60 }).unique(),
        owner: one("identity.User").optional(),
        ceiling: money().default("100"),
        branch: text().optional(),
        approvedBy: one("identity.User").optional(),
        memo: text().optional(),
        steps: integer().default(0),
      },
      { title: "number", actions: { step: action({}, { steps: integer() }) } },
    ),
    Folder: model({ name: text(), papers: many("vault.Paper", "folder"), stickers: many("vault.Sticker", "folder") }),
    Paper: model({
      folder: one("vault.Folder", { onDelete: "cascade" }).optional(),
      name: text(),
      owner: one("identity.User").optional(),
    }),
    Sticker: model({
      folder: one("vault.Folder", { onDelete: "clear" }).optional(),
      name: text(),
      owner: one("identity.User").optional(),
    }),
    Ledger: model(
      {
        company: one("identity.Company"),
        name: text(),
        code: text({ maxLength: 60 }).optional(),
        sum: money().optional(),
      },
      { company: "company" },
    ),
    Calendar: model(
      { company: one("identity.Company").optional(), name: text(), day: date().optional() },
      { company: "company", sharedWhenNull: true },
    ),
    Announcement: model({
      title: text(),
      body: longText().optional(),
      draft: text().optional(),
      published: bool().default(false),
    }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    vault: typeof vault
  }
}

const label = logic("vault.Label")
  .grant("vault.user", ["read"], { open: true }, { fields: ["name", "open", "notes"] })
  .grant("vault.manager", "all", "all")

const note = logic("vault.Note")
  .rollup("itemCount", "count", "items")
  .rollup("total", "sum", "items", "price")
  .restrict({ sealed: false }, "Sealed notes are opened by nobody.")
  // Whose it is, or whose the note above it is; the secret is for managers.
  .grant("vault.user", ["read"], { or: [{ owner: me }, { parent: { owner: me } }] }, { fields: { except: ["secret"] } })
  .grant(
    "vault.user",
    ["create", "update", "delete"],
    { owner: me },
    { fields: { except: ["secret", "sealed"] }, readOnly: ["rank"] },
  )
  .grant("vault.titles", ["read"], "all", { fields: ["title", "owner"] })
  .grant("vault.codes", ["read"], "all", { fields: ["code", "amount", "parent"] })
  .grant("vault.manager", "all", "all")
  .on("finish", { by: ["vault.user", "vault.manager"], where: { owner: me } })
  .on("reopen", { by: ["vault.manager"] })
  .on("stamp", {
    by: ["vault.user", "vault.manager"],
    where: { or: [{ owner: me }, { owner: { isSet: false } }] },
    needs: ["rank"],
    async run(row, context) {
      if (context.input.mark === "") throw refuse("note.no_mark")
      const rank = (row.rank ?? 0) + 1
      await context.asSystem("a stamp counts", (db) => db("vault.Note").update(row.id, { rank }))
      return { rank }
    },
  })

const account = logic("vault.Account")
  .grant("vault.user", ["read"], { owner: me })
  .grant(
    "vault.user",
    ["create"],
    { owner: me },
    { fields: { except: ["approvedBy", "steps"] }, presets: { owner: me, branch: claim("branch") } },
  )
  // One's own ceiling only goes down, and the account stays one's own.
  .grant(
    "vault.user",
    ["update"],
    { owner: me },
    {
      fields: ["ceiling", "memo", "owner", "number"],
      check: { owner: me, ceiling: { lte: before("ceiling") } },
    },
  )
  .grant("vault.manager", "all", "all")
  .on("step", {
    by: ["vault.user", "vault.manager"],
    needs: ["steps"],
    async run(row, context) {
      const steps = row.steps + 1
      await context.asSystem("steps are counted", (db) => db("vault.Account").update(row.id, { steps }))
      return { steps }
    },
  })

const folder = logic("vault.Folder")
  .grant("vault.user", ["read", "create", "update", "delete"], "all")
  .grant("vault.manager", "all", "all")
const paper = logic("vault.Paper")
  .grant("vault.user", ["read", "create", "update", "delete"], { owner: me })
  .grant("vault.manager", "all", "all")
const sticker = logic("vault.Sticker")
  .grant("vault.user", ["read", "create", "update", "delete"], { owner: me })
  .grant("vault.manager", "all", "all")
const ledger = logic("vault.Ledger").grant("vault.user", "all", "all").grant("vault.manager", "all", "all")
const calendar = logic("vault.Calendar").grant("vault.user", ["read"], "all").grant("vault.manager", "all", "all")
const announcement = logic("vault.Announcement")
  .grant("public", ["read"], { published: true }, { fields: ["title", "body"] })
  .grant("vault.manager", "all", "all")

export const vaultService = service(vault.name, {
  logic: [label, note, account, folder, paper, sticker, ledger, calendar, announcement],
})
