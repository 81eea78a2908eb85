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
  /** Whether each service runs in a process of its own, on this machine. */
  readonly apart: boolean
  /** Processes of each service, where they run apart. */
  readonly replicas: number
  /** The one service that runs in this process, apart from others that are elsewhere. */
  readonly serve: string | undefined
}

/** A mistake on the command line, in words for whoever typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

const MAX_WORKERS = 64
const MAX_REPLICAS = 8

const number = (text: string, name: string, min: number, max: number): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${text}".`)
  }
  return value
}

/**
 * Reads `--port`, `--host`, `--data DIR`, `--fresh`, `--workers N`, `--apart` with `--replicas N`, and `--serve NAME`; the port also from
 * the environment's `PORT`, the name from `ARCHIPEL_SERVICE`.
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
        apart: { type: "boolean", default: false },
        replicas: { type: "string", default: "1" },
        serve: { type: "string" },
      },
    })
  try {
    values = parse().values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  const serve = env["ARCHIPEL_SERVICE"] || values.serve
  return {
    port: number(values.port ?? env["PORT"] ?? "4000", "port", 0, 65_535),
    host: values.host,
    dataDirectory: resolve(values.data),
    fresh: values.fresh,
    workers: number(values.workers, "workers", 1, MAX_WORKERS),
    // The processes of a fleet are started with the same command line, and each is told its service.
    apart: values.apart && serve === undefined,
    replicas: number(values.replicas, "replicas", 1, MAX_REPLICAS),
    serve,
  }
}
