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
}

export const defaultLimits: HttpLimits = {
  bodyBytes: 1024 * 1024,
  fileBytes: 50 * 1024 * 1024,
  urlBytes: 8 * 1024,
  requestMs: 30_000,
  transferMs: 15 * 60_000,
  compressFromBytes: 16 * 1024,
}
