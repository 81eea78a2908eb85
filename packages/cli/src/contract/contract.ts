import type { Command } from "../command.ts"
import { commandGroup } from "../command-group.ts"
import { checkContract } from "./check.ts"
import { exportContract } from "./export.ts"
import { uses } from "./uses.ts"

/** `archipel contract …`: what services show each other, in packages, and whether it still fits. */
export const contract: Command = commandGroup({
  name: "contract",
  summary: "hand contracts to others, and see whether they still fit",
  nothing: "What shall be done with contracts?",
  unknown: (word) => `Nothing called "${word}" can be done with contracts.`,
  parts: [exportContract, checkContract, uses],
})
