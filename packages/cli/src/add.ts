import { addLogin } from "./add-login.ts"
import { addModel } from "./add-model.ts"
import { addService } from "./add-service.ts"
import type { Command } from "./command.ts"
import { misuse } from "./failure.ts"
import { didYouMean } from "./nearest-word.ts"

const parts: readonly Command[] = [addService, addModel, addLogin]
const usage = "archipel add service NAME | archipel add model SERVICE.Model [field:type …] | archipel add login"

/** `archipel add …`: edits the project's own files, nothing else. */
export const add: Command = {
  name: "add",
  usage,
  summary: "add a service, a model or the login",
  help: parts.map(({ usage: line, help }) => `${line}\n${help.trim()}`).join("\n\n"),
  async run([kind, ...rest], terminal) {
    const part = parts.find(({ name }) => name === kind)
    if (part === undefined) {
      const says =
        kind === undefined
          ? "What shall be added?"
          : `"${kind}" cannot be added.${didYouMean(
              kind,
              parts.map(({ name }) => name),
            )}`
      throw misuse(says, `Usage: ${usage}`)
    }
    return part.run(rest, terminal)
  },
}
