/**
 * The whole-product tests run on a program in one process, or apart: `ARCHIPEL_TOPOLOGY=apart npm test`.
 *
 * @module
 */
import { open, type Program, type Service, type StartOptions } from "@archipel/server"

export const isApart = process.env["ARCHIPEL_TOPOLOGY"] === "apart"

/** Opens a program in the topology of this run. What comes out of it is the same in both. */
export async function openProgram(services: readonly Service[], options: StartOptions): Promise<Program> {
  if (!isApart) return open(services, options)
  const { openIslands } = await import("./islands.ts")
  return openIslands(services, options)
}
