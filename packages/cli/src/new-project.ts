import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { basename, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { ADMIN_PACKAGE, addLoginTo, loginPackages } from "./add-login.ts"
import { type Command, readArguments } from "./command.ts"
import { Failure, misuse } from "./failure.ts"
import { styled } from "./terminal.ts"
import { nodePackages, productVersion, projectVersions } from "./versions.ts"

const template = fileURLToPath(new URL("../templates/project", import.meta.url))
const usage = "archipel new NAME [--no-login] [--no-install] [--packages DIR]"

/** `archipel new shop`: a project with one service, a test that passes, the admin, and its own `npm start` and `npm test`. */
export const newProject: Command = {
  name: "new",
  usage,
  summary: "make a project",
  help: `
Makes the directory NAME with a project in it: one service with its contract, its logic and a test,
and the two commands \`npm start\` and \`npm test\`, which bring Node 26 and PostgreSQL themselves.
\`npm start\` serves the admin, where people log in and work with the records of all services.

  --no-login      the service alone, for a program whose users, gateway and admin are elsewhere
  --no-install    leave the packages to the first \`npm start\` or \`npm test\`
  --packages DIR  take the packages @archipel/* from the tarballs in DIR, not from the registry
                  (also: the environment variable ARCHIPEL_PACKAGES)`,
  async run(args, { out }) {
    const options = {
      "no-login": { type: "boolean" },
      "no-install": { type: "boolean" },
      packages: { type: "string" },
    } as const
    const given = readArguments(newProject, args, options, { min: 1, max: 1 })
    const folder = resolve(given.positionals[0] as string)
    const name = basename(folder)
    if (!/^[a-z][a-z0-9-]{0,99}$/.test(name))
      throw misuse(`"${name}" cannot be the name of a project.`, "Use small letters, digits and hyphens: my-company.")
    if (existsSync(folder) && readdirSync(folder).length > 0)
      throw new Failure(`${given.positionals[0]} exists already and is not empty.`, {
        hint: "Choose another name, or `archipel add service NAME` in the project that is there.",
      })
    const packages = given.text("packages") ?? process.env["ARCHIPEL_PACKAGES"]
    const hasLogin = !given.has("no-login")
    const tarballs = packages === undefined ? undefined : productTarballs(resolve(packages), hasLogin)
    writeProject(folder, name, tarballs)
    if (hasLogin) addLoginTo(folder)
    out.write(`Made ${given.positionals[0]}: services/tasks with its contract, logic and test.\n`)
    if (!given.has("no-install")) install(folder)
    const bold = (text: string): string => styled(out, "bold", text)
    out.write(
      [
        "",
        "Next:",
        `  ${bold(`cd ${relative(process.cwd(), folder) || "."}`)}`,
        `  ${bold("npm start")}   serve it on http://localhost:4000, again after every change`,
        `  ${bold("npm test")}    check types and run the tests`,
        "",
      ].join("\n"),
    )
    return 0
  },
}

/** The newest tarball of each package of the product in a directory, by package name. */
function productTarballs(folder: string, hasLogin: boolean): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const files = existsSync(folder) ? readdirSync(folder).sort() : []
  for (const file of files) {
    const name = /^archipel-([a-z]+)-\d+\.\d+\.\d+.*\.tgz$/.exec(file)?.[1]
    if (name !== undefined) found.set(`@archipel/${name}`, join(folder, file))
  }
  const needed = ["@archipel/core", "@archipel/data", "@archipel/server", "@archipel/cli"]
  const missing = [...needed, ...(hasLogin ? [...loginPackages, ADMIN_PACKAGE] : [])].filter((name) => !found.has(name))
  if (missing.length > 0)
    throw new Failure(`${folder} has no tarball of ${missing.join(", ")}.`, {
      hint: "Name the directory that `npm run build -- --pack DIR` wrote.",
    })
  return found
}

function writeProject(folder: string, name: string, tarballs: ReadonlyMap<string, string> | undefined): void {
  mkdirSync(folder, { recursive: true })
  cpSync(template, folder, { recursive: true })
  // npm leaves files of this name out of packages, and would take this one for the package's own.
  renameSync(join(folder, "gitignore"), join(folder, ".gitignore"))
  const readme = join(folder, "README.md")
  writeFileSync(readme, readFileSync(readme, "utf8").replaceAll("{{name}}", name))
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(name, tarballs), null, 2)}\n`)
}

function manifest(name: string, tarballs: ReadonlyMap<string, string> | undefined): object {
  const product = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      names.map((each) => {
        const tarball = tarballs?.get(each)
        return [each, tarball === undefined ? productVersion(each) : `file:${tarball}`]
      }),
    )
  // A package that only others depend on must be named too where it comes from a tarball: the registry is not asked then.
  const dependencies = product(["@archipel/core", ...(tarballs ? ["@archipel/data"] : []), "@archipel/server"])
  return {
    name,
    private: true,
    version: "0.1.0",
    type: "module",
    scripts: {
      prestart: "node tools/ensure-installed.mjs",
      start: "archipel dev",
      pretest: "node tools/ensure-installed.mjs",
      test: 'tsc && node --test "services/**/*.test.ts"',
    },
    dependencies,
    devDependencies: {
      ...product(["@archipel/cli"]),
      "@types/node": projectVersions.typesNode,
      typescript: projectVersions.typescript,
    },
    optionalDependencies: Object.fromEntries(nodePackages.map((each) => [each, projectVersions.node])),
  }
}

function install(folder: string): void {
  const script = join("tools", "ensure-installed.mjs")
  const done = spawnSync(process.execPath, [script], { cwd: folder, stdio: "inherit", timeout: 20 * 60_000 })
  if (done.status !== 0) {
    rmSync(join(folder, "node_modules"), { recursive: true, force: true })
    throw new Failure("The project is there, but its packages could not be installed.", {
      hint: `See above; then run \`npm start\` in ${relative(process.cwd(), folder) || "."}, which tries again.`,
    })
  }
}
