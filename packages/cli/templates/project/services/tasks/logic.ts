import { logic, me } from "@archipel/core"
import "./contract.ts"

/** What is private: rules, computed values, who may do what with which rows. */
export const task = logic("tasks.Task")
  .check("task.title_empty", ["title"], (t) => t.title.trim() !== "")
  .grant("tasks.user", "all", { owner: me })
  .grant("tasks.manager", "all", "all")
