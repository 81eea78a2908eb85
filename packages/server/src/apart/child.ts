/**
 * What the first process of a fleet and the process of one service say to each other.
 *
 * @module
 */

/** A service is ready: where other services, people and probes reach it. */
export interface ChildReady {
  readonly archipel: "island"
  readonly address: string
  readonly url: string | null
  readonly healthUrl: string | null
}

export const isChildReady = (message: unknown): message is ChildReady =>
  typeof message === "object" && message !== null && "archipel" in message && message.archipel === "island"

/** Whether this process serves one service of a fleet that another process has started. */
export const isPartOfFleet = (): boolean => process.connected === true && Boolean(process.env["ARCHIPEL_SERVICE"])

/** Tells the first process, if there is one. */
export const sayIslandReady = (ready: Omit<ChildReady, "archipel">): void => {
  if (isPartOfFleet()) process.send?.({ archipel: "island", ...ready } satisfies ChildReady)
}

/** Calls `end` when the first process is gone: nobody would end this one otherwise. */
export function onOrphaned(end: () => void): void {
  if (isPartOfFleet()) process.once("disconnect", end)
}
