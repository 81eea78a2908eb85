import { basename, dirname } from "node:path"
import { kebabCase } from "@archipel/core"
import type { LoadedProgram } from "./load-program.ts"

/** Where a service's files are: the folder of its name with its `service.ts`; undefined for one that comes from a package. */
export const serviceFolder = (name: string, { files }: LoadedProgram): string | undefined =>
  [...files]
    .filter((file) => /^service\.[cm]?[jt]s$/.test(basename(file)))
    .map((file) => dirname(file))
    .find((folder) => [name, kebabCase(name)].includes(basename(folder)))
