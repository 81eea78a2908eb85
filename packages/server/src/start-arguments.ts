import { resolve } from "node:path"
import { parseArgs } from "node:util"

/** How a program is started, from its command line and environment. */
export interface StartArguments {
  readonly port: number
  readonly host: string
  readonly dataDirectory: string
  /** Forget all data first. */
  readonly fresh: boolean
  readonly workers: number
  /** Names of the services that run in this process; all when left out. */
  readonly only: readonly string[] | undefined
  /** Addresses of services in other processes, by name. */
  readonly neighbours: Readonly<Record<string, string>>
}

/** A mistake on the command line, in words for whoever typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

const MAX_WORKERS = 64

const number = (text: string, name: string, min: number, max: number): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${text}".`)
  }
  return value
}

function neighbourUrls(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const [name, url] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]
      if (!name || !URL.canParse(url)) throw new UsageError(`--neighbour takes NAME=URL, not "${pair}".`)
      return [name, url]
    }),
  )
}

/**
 * Reads `--port`, `--host`, `--data DIR`, `--fresh`, `--workers N`, `--only a,b` and `--neighbour NAME=URL`; the port also from the
 * environment's `PORT`.
 *
 * @throws UsageError for anything else.
 */
export function startArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): StartArguments {
  let values: ReturnType<typeof parse>["values"]
  const parse = () =>
    parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        host: { type: "string", default: "localhost" },
        data: { type: "string", default: ".data" },
        fresh: { type: "boolean", default: false },
        workers: { type: "string", default: "1" },
        only: { type: "string" },
        neighbour: { type: "string", multiple: true, default: [] },
      },
    })
  try {
    values = parse().values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  return {
    port: number(values.port ?? env["PORT"] ?? "4000", "port", 0, 65_535),
    host: values.host,
    dataDirectory: resolve(values.data),
    fresh: values.fresh,
    workers: number(values.workers, "workers", 1, MAX_WORKERS),
    only: values.only?.split(","),
    neighbours: neighbourUrls(values.neighbour),
  }
}
