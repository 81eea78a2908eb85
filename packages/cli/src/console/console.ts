import { join, resolve } from "node:path"
import { type CompleterResult, createInterface } from "node:readline"
import { Recoverable, type REPLServer, start as startRepl } from "node:repl"
import { PassThrough } from "node:stream"
import { type Catalog, type Db, knownContracts, resolveCatalog } from "@archipel/core"
import { startEmbeddedPostgres } from "@archipel/data"
import { authenticateDevelopmentUsers, developmentUsers, open, type Program } from "@archipel/server"
import { type Command, readArguments } from "../command.ts"
import { mainFile } from "../dev/dev.ts"
import { runningDatabase } from "../dev/running-program.ts"
import { complain } from "../explain/complaint.ts"
import { Failure } from "../failure.ts"
import { type LoadedProgram, loadProgram, ProgramFailure, withProgram } from "../load-program.ts"
import { didYouMean } from "../nearest-word.ts"
import { styled, type Terminal } from "../terminal.ts"
import { complete } from "./complete.ts"
import { present } from "./present.ts"
import { openSandbox } from "./sandbox.ts"

/** `archipel console`: the program's records, with the rights of one user. */
export const openConsole: Command = {
  name: "console",
  usage: "archipel console [MAIN] [--as USER] [--sandbox] [--data DIR]",
  summary: "look at records and change them by hand",
  help: `
Opens the services of MAIN (main.ts) and a prompt for JavaScript, beside a running \`archipel dev\` or without one:

  db("sales.Order").find({ select: ["number", "total"], where: { status: "draft" } })
  as("clara")("sales.Order").count()

Answers are waited for and shown as tables; Tab completes models, calls and fields; .exit or Ctrl-D leaves.

  --as USER   with the rights of this user: ${developmentUsers.map(({ login, part }) => `${login} (${part})`).join(", ")}
  --sandbox   on copies of the databases: nothing that is done stays
  --data DIR  where \`archipel dev\` keeps its data (.data)`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const options = { as: { type: "string" }, sandbox: { type: "boolean" }, data: { type: "string" } } as const
      const given = readArguments(openConsole, args, options, { min: 0, max: 1 })
      const login = loginOf(given.text("as") ?? "alice")
      const data = resolve(given.text("data") ?? ".data")
      const loaded = await loadProgram(mainFile(given.positionals[0]))
      await using stack = new AsyncDisposableStack()
      let address = process.env["DATABASE_URL"] || runningDatabase(data)
      if (address === undefined) {
        const server = stack.use(
          await startEmbeddedPostgres({ directory: join(data, "postgres"), maxConnections: 200 }),
        )
        address = server.url("postgres")
      }
      let env: Record<string, string | undefined> = { ...process.env, DATABASE_URL: address }
      if (given.has("sandbox")) {
        // Once on the real ones, so that there is something to copy.
        await (await openProgram(loaded, env, data)).close()
        // Identity is there also where the program does not start it.
        const services = new Set(["identity", ...loaded.services.map(({ name }) => name)])
        const sandbox = stack.use(await openSandbox(address, [...services], !process.env["DATABASE_URL"]))
        env = { ...env, ...sandbox.env }
      }
      const program = stack.use(await openProgram(loaded, env, data))
      const says = given.has("sandbox") ? "sandbox: nothing stays" : "changes stay"
      await converse(program, loaded, login, says, terminal)
      return 0
    }),
}

function loginOf(user: string): string {
  const known = developmentUsers.find(({ login, part }) => login === user || part === user)
  if (known) return known.login
  const logins = developmentUsers.map(({ login }) => login)
  throw new Failure(`There is no user "${user}".${didYouMean(user, logins)}`, {
    hint: `The users in development are ${logins.join(", ")}.`,
    exitCode: 2,
  })
}

/** On an address that nobody is told. */
async function openProgram(
  loaded: LoadedProgram,
  env: Record<string, string | undefined>,
  data: string,
): Promise<Program> {
  try {
    return await open(loaded.services, {
      ...loaded.options,
      port: 0,
      host: "127.0.0.1",
      fresh: false,
      dataDirectory: data,
      env,
    })
  } catch (error) {
    throw new ProgramFailure(error, [...loaded.files])
  }
}

async function converse(
  program: Program,
  { options, files }: LoadedProgram,
  login: string,
  says: string,
  terminal: Terminal,
): Promise<void> {
  const { out } = terminal
  const catalog = resolveCatalog(knownContracts().values())
  const authenticate = authenticateDevelopmentUsers({ ...options.development, catalog })
  const dbOf = async (user: string): Promise<Db> =>
    program.open.as(await authenticate(new Headers({ authorization: `Bearer dev:${loginOf(user)}` })))
  const principals = new Map<string, Db>()
  for (const user of developmentUsers) principals.set(user.login, await dbOf(user.login))
  const as = (user: string): Db => principals.get(loginOf(user)) as Db

  const isTerminal = process.stdin.isTTY === true && out.isTTY === true
  if (isTerminal) {
    const models = [...program.open.services.values()].reduce((n, { definition }) => n + definition.models.size, 0)
    out.write(`${models} models, as ${login}; ${says}. \`db("…\` and Tab to begin, .help for more.\n`)
  }
  const input = isTerminal ? process.stdin : new PassThrough()
  const repl = startRepl({
    input,
    output: out,
    terminal: isTerminal,
    prompt: isTerminal ? `${styled(out, "cyan", login)}> ` : "",
    ignoreUndefined: true,
    writer: (value: unknown) => present(value, { colors: isTerminal, width: isTerminal ? (out.columns ?? 120) : 0 }),
  })
  const names = { db: as(login), as, catalog }
  for (const [name, value] of Object.entries(names))
    Object.defineProperty(repl.context, name, { value, enumerable: true, configurable: false })
  waitForAnswers(repl, terminal, [...files])
  completeNames(repl, catalog)
  const left = new Promise<void>((resolve) => repl.once("exit", resolve))
  if (input instanceof PassThrough) await feed(repl, input, left)
  await left
}

/** Lines from a file or a pipe, each when the one before is answered. */
async function feed(repl: REPLServer, input: PassThrough, left: Promise<void>): Promise<void> {
  let answered: (() => void) | undefined
  const prompt = repl.displayPrompt.bind(repl)
  Object.defineProperty(repl, "displayPrompt", {
    value: (preserveCursor?: boolean) => {
      prompt(preserveCursor)
      answered?.()
    },
  })
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = new Promise<void>((resolve) => {
      answered = resolve
    })
    input.write(`${line}\n`)
    await Promise.race([answer, left])
  }
  input.end()
}

/** An answer that is on its way is waited for, and a refusal is said in words. */
function waitForAnswers(repl: REPLServer, terminal: Terminal, files: readonly string[]): void {
  const evaluate = repl.eval
  type Done = Parameters<typeof evaluate>[3]
  const settle = async (error: Error | null, result: unknown, done: Done): Promise<void> => {
    let value: unknown
    try {
      if (error !== null) throw error
      value = await result
    } catch (reason) {
      await complain(reason, terminal, files)
    }
    done(null, value)
  }
  const replaced: typeof evaluate = function (this: REPLServer, code, context, file, done) {
    evaluate.call(this, code, context, file, (error, result: unknown) => {
      if (error instanceof Recoverable || (error === null && !isPromise(result))) done(error, result)
      else void settle(error, result, done)
    })
  }
  Object.defineProperty(repl, "eval", { value: replaced })
}

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise

function completeNames(repl: REPLServer, catalog: Catalog): void {
  const usual = repl.completer
  Object.defineProperty(repl, "completer", {
    value: (line: string, done: (error?: Error | null, found?: CompleterResult) => void) => {
      const found = complete(line, catalog)
      if (found) done(null, found)
      else usual.call(repl, line, done)
    },
  })
}
