import { isoTime } from "@archipel/core"
import { type DestinationStream, pino } from "pino"

/** One request, without anything it contained. */
export interface RequestEntry {
  readonly traceId: string
  /** Id of who asked; absent if nobody was recognised. */
  readonly principal?: string | undefined
  readonly method: string
  /** With variable parts in braces. */
  readonly route: string
  readonly status: number
  readonly ms: number
  /** Of a problem. */
  readonly code?: string | undefined
  /** Of a refusal: the rules that refused, or of which one would have had to allow. */
  readonly rules?: readonly string[] | undefined
}

/** Lines of JSON about what a process does. Never values of records, parameters or tokens. */
export interface Log {
  request(entry: RequestEntry): void
  /** Something that is our defect or the world's: with its cause. */
  error(message: string, error: unknown, about?: Readonly<Record<string, string>>): void
  /** Something that goes on, and that whoever runs the program should know of. */
  warn(message: string, about?: Readonly<Record<string, string | number>>): void
  info(message: string, about?: Readonly<Record<string, string | number>>): void
  /** Writes what is still in memory. */
  flush(): void
}

const levels = ["debug", "info", "warn", "error", "silent"] as const

export interface LogOptions {
  readonly level?: (typeof levels)[number]
  /** Share of the successful requests that get a line, 0 to 1; all others do. 1 when left out. */
  readonly sample?: number
  /** Standard output when left out. */
  readonly destination?: DestinationStream
}

/** What an error may say of itself in a log: PostgreSQL's `detail`, `where` and parameters contain values, so they stay out. */
function described(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code } = error as { readonly code?: unknown }
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === "string" ? { code } : {}),
    ...(error.cause !== undefined && depth < 5 ? { cause: described(error.cause, depth + 1) } : {}),
  }
}

/** What a JSON string has as it is: a test is a quarter of what writing JSON costs. */
const plain = /^[ !#-[\]-~]*$/
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text))

/** One line, as pino would write it: by hand, since every request pays for it. */
function requestLine(
  level: string,
  { traceId, principal, method, route, status, ms, code, rules }: RequestEntry,
): string {
  const who = principal === undefined ? "" : `,"principal":${quoted(principal)}`
  const why = code === undefined ? "" : `,"code":"${code}"`
  const by = rules === undefined ? "" : `,"rules":${JSON.stringify(rules)}`
  return `{"level":"${level}","time":"${isoTime(Date.now())}","pid":${process.pid},"traceId":"${traceId}"${who},"method":"${method}","route":${quoted(route)},"status":${status},"ms":${ms}${why}${by},"msg":"request"}\n`
}

const BUFFER_BYTES = 32 * 1024
const FLUSH_MS = 500

/** Standard output, some lines at a time. They are given as bytes: of texts it would measure all that wait again with every line. */
function standardOutput() {
  const stream = pino.destination({
    fd: 1,
    minLength: BUFFER_BYTES,
    maxWrite: 2 * BUFFER_BYTES,
    sync: false,
    contentMode: "buffer",
  })
  setInterval(() => stream.flush(), FLUSH_MS).unref()
  return {
    // Its types know of texts only.
    write: (line: string) => void (stream as unknown as { write(bytes: Buffer): boolean }).write(Buffer.from(line)),
    flushSync: () => stream.flushSync(),
  }
}

export function createLog({ level = "info", sample = 1, destination }: LogOptions = {}): Log {
  const own = destination === undefined ? standardOutput() : undefined
  const stream = destination ?? (own as DestinationStream)
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  return {
    request(entry) {
      if (entry.status < 400 && sample < 1 && Math.random() >= sample) return
      const lineLevel = entry.status >= 500 ? "error" : "info"
      if (logger.isLevelEnabled(lineLevel)) stream.write(requestLine(lineLevel, entry))
    },
    error: (message, error, about = {}) => logger.error({ ...about, error: described(error) }, message),
    warn: (message, about = {}) => logger.warn(about, message),
    info: (message, about = {}) => logger.info(about, message),
    flush: () => own?.flushSync(),
  }
}

/** For programs and tests that want no lines. */
export const noLog: Log = { request: () => {}, error: () => {}, warn: () => {}, info: () => {}, flush: () => {} }

/** As `ARCHIPEL_LOG_LEVEL` says; what it is not to be is said where settings are read. */
export const logLevel = (env: Readonly<Record<string, string | undefined>>): NonNullable<LogOptions["level"]> =>
  levels.find((level) => level === env["ARCHIPEL_LOG_LEVEL"]) ?? "warn"
