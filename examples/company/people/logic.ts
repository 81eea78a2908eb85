import { compareDecimals, logic, me, refuse, today } from "@archipel/core"
import "./contract.ts"

export const region = logic("people.Region").grant("people.user", ["read"], "all").grant("people.manager", "all", "all")

export const territory = logic("people.Territory")
  .grant("people.user", ["read"], "all")
  .grant("people.manager", "all", "all")

export const employee = logic("people.Employee")
  .compute("name", ["firstName", "lastName"], (e) => `${e.firstName} ${e.lastName}`)
  .rollup("spent", "sum", "expenses", "amount", { where: { status: "approved" } })
  .check("employee.own_manager", ["id", "manager"], (e) => e.manager !== e.id)
  .check("employee.hired_before_born", ["birthDate", "hireDate"], (e) => {
    return e.birthDate === null || e.hireDate === null || e.birthDate < e.hireDate
  })
  // Everybody sees the directory, oneself in full; a manager's team is the manager's to see in full.
  .grant("people.user", ["read"], "all", {
    fields: ["firstName", "lastName", "name", "courtesyTitle", "jobTitle", "user", "manager", "extension", "photo"],
  })
  .grant("people.user", ["read"], { or: [{ user: me }, { manager: { user: me } }] })
  .grant(
    "people.user",
    ["update"],
    { user: me },
    {
      fields: ["address", "city", "region", "postalCode", "country", "homePhone", "photo"],
    },
  )
  .grant("people.manager", "all", "all")

export const expense = logic("people.Expense")
  .check("expense.receipt_missing", ["status", "amount", "receipt"], (e) => {
    return e.status !== "approved" || e.receipt !== null || compareDecimals(e.amount, "500") <= 0
  })
  .warn("expense.much", ["amount"], (e) => compareDecimals(e.amount, "2000") <= 0)
  .grant("people.user", ["read"], { or: [{ employee: { user: me } }, { employee: { manager: { user: me } } }] })
  .grant(
    "people.user",
    ["create", "update", "delete"],
    { employee: { user: me } },
    {
      check: { employee: { user: me }, date: { lte: today() } },
    },
  )
  .grant("people.manager", ["read", "create", "update"], "all")
  .on("submit", { by: ["people.user", "people.manager"] })
  // Four eyes: never the one who asked; the employee's own manager, or the managers of the department.
  .on("approve", { by: ["people.manager"], notBy: "requestedBy", where: { not: { employee: { user: me } } } })
  .on("reject", { by: ["people.manager"], notBy: "requestedBy" })
  .on("reopen", {
    by: ["people.user", "people.manager"],
    needs: ["employee.user"],
    run(e, context) {
      if (e.employee.user !== context.user.id && !context.user.in("people.manager")) throw refuse("expense.not_yours")
    },
  })
  .lock({ status: { in: ["submitted", "approved"] } }, { why: "expense.decided" })
