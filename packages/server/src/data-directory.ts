import { existsSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { removeEmbeddedPostgres } from "@archipel/data"

export const filesIn = (dataDirectory: string): string => join(dataDirectory, "files")
const postgresIn = (dataDirectory: string): string => join(dataDirectory, "postgres")
const unfinishedIn = (dataDirectory: string): string => join(dataDirectory, "demo-unfinished")

/**
 * Removes databases and files, and nothing else that may lie in the directory.
 *
 * @throws `postgres.directory_in_use`
 */
export async function forgetData(dataDirectory: string): Promise<void> {
  await removeEmbeddedPostgres(postgresIn(dataDirectory))
  await rm(filesIn(dataDirectory), { recursive: true, force: true })
  await rm(unfinishedIn(dataDirectory), { force: true })
}

/** Whether a program was killed while it filled the databases of this directory with demo data. */
export const isDemoUnfinished = (dataDirectory: string): boolean => existsSync(unfinishedIn(dataDirectory))

/** Fills new databases; if the program is killed meanwhile, the next start knows that they are not whole. */
export async function fillingDemo(dataDirectory: string, fill: () => Promise<void>): Promise<void> {
  await mkdir(dataDirectory, { recursive: true })
  await writeFile(unfinishedIn(dataDirectory), "")
  await fill()
  await rm(unfinishedIn(dataDirectory), { force: true })
}
