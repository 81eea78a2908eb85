import { dirname } from "node:path"
import { pathToFileURL } from "node:url"
import { type Command, readArguments } from "./command.ts"
import { mainFile } from "./dev/dev.ts"
import { packageFolder, readManifest } from "./sources/manifest.ts"

/** `archipel serve sales`: one service of a program, apart from the others. */
export const serve: Command = {
  name: "serve",
  usage: "archipel serve SERVICE [MAIN] [--data DIR] [--host HOST] [--port PORT]",
  summary: "run one of its services, apart from the others",
  help: `
Runs one service of MAIN (main.ts) in this process. Other services reach it over mutual TLS at ARCHIPEL_LISTEN, and it
reaches them where ARCHIPEL_NEIGHBOURS or ARCHIPEL_NEIGHBOURS_FILE say. It starts also while they are not there.

  --data DIR   files, and the PostgreSQL that comes along where no DATABASE_URL is set (.data)
  --host HOST  where people reach it, if it is the gateway (localhost)
  --port PORT  and at which port (4000)

docs/reference/configuration.md lists every setting.`,
  async run(args) {
    const text = { type: "string" } as const
    const given = readArguments(serve, args, { data: text, host: text, port: text }, { min: 1, max: 2 })
    const [service = "", main] = given.positionals
    const file = mainFile(main)
    // What others are told of this release; CI may know better.
    const folder = packageFolder(dirname(file))
    process.env["ARCHIPEL_VERSION"] ||= (folder && readManifest(folder).version) ?? ""
    const passed = ["data", "host", "port"].flatMap((name) => {
      const value = given.text(name)
      return value === undefined ? [] : [`--${name}`, value]
    })
    // The program reads its own command line, as it does without this command.
    process.argv.splice(1, Number.POSITIVE_INFINITY, file, "--serve", service, ...passed)
    await import(pathToFileURL(file).href)
    await new Promise<never>(() => {})
    return 0
  },
}
