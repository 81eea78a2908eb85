/** The written bounds of one HTTP process. */
export interface HttpLimits {
  /** Of a JSON body. */
  readonly bodyBytes: number
  /** Of an uploaded file. */
  readonly fileBytes: number
  /** Of a request's target: path and parameters. */
  readonly urlBytes: number
  /** How long a request may work, in the database too; over it `deadline.exceeded`. */
  readonly requestMs: number
  /** How long an export, an upload or a download may take. */
  readonly transferMs: number
  /** JSON answers from this size on are compressed for clients that accept it: below, compressing costs more than it saves. */
  readonly compressFromBytes: number
  /** Requests of one user or service a second in the long run, in each process; 0 for no limit. Over it `request.too_many`. */
  readonly principalPerSecond: number
  /** Of these, at once after a pause. */
  readonly principalBurst: number
  /** Requests from one network (an IPv4 address, the first half of an IPv6 one) a second, whoever asks, in each process; 0 for no limit. */
  readonly networkPerSecond: number
  /** Of these, at once after a pause. */
  readonly networkBurst: number
}

export const defaultLimits: HttpLimits = {
  bodyBytes: 1024 * 1024,
  fileBytes: 50 * 1024 * 1024,
  urlBytes: 8 * 1024,
  requestMs: 30_000,
  transferMs: 15 * 60_000,
  compressFromBytes: 16 * 1024,
  // A good part of what a process can do, so that nobody takes it all; far more than people and their pages send.
  principalPerSecond: 1_000,
  principalBurst: 5_000,
  networkPerSecond: 3_000,
  networkBurst: 15_000,
}
