import type { FileReference } from "@archipel/core"

/** What is known of a file before its bytes are. */
export interface FileHead {
  /** Without directories, at most 255 characters. */
  readonly name: string
  /** The media type that the sender says; pictures are recognised by their bytes. */
  readonly type: string
}

/** Bytes of a stored file: `end` is inclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Where the bytes of `file` and `image` fields are. Files never change; their ids cannot be guessed. */
export interface FileStore {
  /**
   * Stores the stream; when it answers, the file survives a crash.
   *
   * @throws `request.too_large` as soon as more than `maxBytes` have come; nothing is kept then
   */
  put(content: AsyncIterable<Uint8Array>, head: FileHead, maxBytes: number): Promise<FileReference>
  /**
   * What was stored under `id`, kept from now on, because a change names it; null if there is no such file, or if none named it within
   * 24 hours. A file that a change named is never deleted, whatever became of that change: history may show it.
   */
  take(id: string): Promise<FileReference | null>
  /** Deletes at most `limit` files that nobody took in time. @returns how many */
  purge(limit: number): Promise<number>
  /** The bytes, or a part of them; null if there is no such file. */
  read(id: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>
}
