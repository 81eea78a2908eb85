import { writeFileSync } from "node:fs"
import { relative } from "node:path"
import { startCall } from "./add-service.ts"
import { type Command, readArguments } from "./command.ts"
import { Failure } from "./failure.ts"
import { edited, imported } from "./sources/edit.ts"
import { addDependencies, readManifest } from "./sources/manifest.ts"
import { projectFiles, projectFolder } from "./sources/project-files.ts"
import { lineAt, placeOf, type SyntaxNode } from "./sources/typescript-file.ts"
import { productVersion } from "./versions.ts"

/** What a program gets, and from which package; the first of them is asked by all others. */
const parts = [
  { name: "identityService", package: "@archipel/identity" },
  { name: "gatewayService", package: "@archipel/gateway" },
] as const

/** What the gateway serves to people. */
export const ADMIN_PACKAGE = "@archipel/admin"

/** `archipel add login`: users, groups and their rights, and a gateway in front of the services with the admin. */
export const addLogin: Command = {
  name: "login",
  usage: "archipel add login",
  summary: "add users, login and a gateway with the admin",
  help: "  Starts identity and the gateway in main.ts, and names their packages in package.json.\n  For a project made with --no-login; others have them.",
  async run(args, { out }) {
    readArguments(addLogin, args, {}, { min: 0, max: 0 })
    const path = addLoginTo(projectFolder())
    out.write(
      `${relative(process.cwd(), path)} starts identity and the gateway now.\n\n` +
        "Next: npm install, then npm start; it prints a link that logs the administrator in once.\n" +
        "With npm start -- --apart each service has a process of its own.\n",
    )
    return 0
  },
}

/** The packages of a login that projects name. */
export const loginPackages: readonly string[] = parts.map((part) => part.package)

/** Starts identity and the gateway, and so the admin, in a project. @returns its main file @throws Failure where they are started already */
export function addLoginTo(folder: string): string {
  const { file, list } = startCall(projectFiles(folder))
  const items = list["elements"] as readonly SyntaxNode[]
  const known = items.find((item) => file.text.slice(item.start, item.end).startsWith(parts[0].name))
  if (known)
    throw new Failure("The program has a login already.", {
      place: placeOf(file.path, lineAt(file.text, known.start)),
    })
  const calls = parts.map(({ name }) => `${name}()`).join(", ")
  const inside = list.start + 1
  const changed = edited(file.text, [
    { start: inside, end: inside, text: items.length === 0 ? calls : `${calls}, ` },
    ...parts.flatMap((part) => imported(file, part.package, [part.name])),
  ])
  writeFileSync(file.path, changed)
  const { dependencies = {} } = readManifest(folder)
  const server = dependencies["@archipel/server"]
  // A package that only others depend on must be named too where it comes from a tarball: the registry is not asked then.
  const names = [...loginPackages, ...(server?.startsWith("file:") ? [ADMIN_PACKAGE] : [])]
  addDependencies(folder, Object.fromEntries(names.map((name) => [name, versionLike(server, name)])))
  return file.path
}

/** From where the project has its other packages of the product: the registry, or tarballs in one directory. */
function versionLike(server: string | undefined, name: string): string {
  if (!server?.startsWith("file:")) return productVersion(name)
  return server.replace("archipel-server-", `archipel-${name.replace("@archipel/", "")}-`)
}
