import { addLogin } from "./add-login.ts"
import { addModel } from "./add-model.ts"
import { addNeighbour } from "./add-neighbour.ts"
import { addService } from "./add-service.ts"
import type { Command } from "./command.ts"
import { commandGroup } from "./command-group.ts"

/** `archipel add …`: edits the project's own files, nothing else. */
export const add: Command = commandGroup({
  name: "add",
  summary: "add a service, a model, the login or a neighbour",
  nothing: "What shall be added?",
  unknown: (word) => `"${word}" cannot be added.`,
  parts: [addService, addModel, addLogin, addNeighbour],
})
