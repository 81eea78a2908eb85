import type { Command } from "../command.ts"
import { commandGroup } from "../command-group.ts"
import { apply } from "./apply.ts"
import { check } from "./check.ts"
import { plan } from "./plan.ts"
import { seal } from "./seal.ts"
import { status } from "./status.ts"

/** `archipel migrate …`: databases in use, from one release to the next. */
export const migrate: Command = commandGroup({
  name: "migrate",
  summary: "change databases in use with their contracts",
  nothing: "What shall be done with migrations?",
  unknown: (word) => `Nothing called "${word}" can be done with migrations.`,
  parts: [plan, apply, status, check, seal],
})
