import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { MANIFEST_FILE, readManifest, readPlanned, sealed } from "@archipel/data/migrate"
import { type Command, readArguments } from "../command.ts"
import { Failure } from "../failure.ts"
import { withProgram } from "../load-program.ts"
import { ownServices, servicesOf } from "./services.ts"

/** `archipel migrate seal 7`: a change by hand is meant. */
export const seal: Command = {
  name: "seal",
  usage: "archipel migrate seal NUMBER [MAIN] [--service NAME]",
  summary: "accept what was changed by hand in a migration",
  help: `For a migration that ran nowhere yet and whose SQL was changed on purpose. What it leads to has to stay what snapshot.json says:
  \`archipel migrate check\` compares it with the database afterwards. Consents need no seal.`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const given = readArguments(seal, args, { service: { type: "string" } }, { min: 1, max: 2 })
      const [number = "", ...rest] = given.positionals
      const services = ownServices(await servicesOf({ ...given, positionals: rest }))
      const folders = services.flatMap(({ folder }) =>
        existsSync(folder)
          ? readdirSync(folder)
              .filter((name) => Number(/^(\d+)_/.exec(name)?.[1] ?? Number.NaN) === Number(number))
              .map((name) => join(folder, name))
          : [],
      )
      const [folder] = folders
      if (folder === undefined || folders.length > 1)
        throw new Failure(
          folder === undefined ? `There is no migration ${number}.` : `Several services have a migration ${number}.`,
          {
            hint: folder === undefined ? "archipel migrate status lists them." : "Say which: --service NAME",
          },
        )
      const manifest = readManifest(folder)
      writeFileSync(join(folder, MANIFEST_FILE), sealed(manifest, readPlanned(folder, manifest)))
      terminal.out.write(`${relative(process.cwd(), folder)} is sealed as it is.\n`)
      return 0
    }),
}
