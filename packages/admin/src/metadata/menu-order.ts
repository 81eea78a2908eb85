import type { UiServiceEntry } from "./model.ts"

/** With more services than this they begin folded, and what is in one is asked for when it is opened. */
export const MANY_SERVICES = 12

/** Services that come with Archipel: for those who administer it, not for a department's day. */
const administrative: ReadonlySet<string> = new Set(["identity", "gateway"])

export const isAdministrative = ({ service }: UiServiceEntry): boolean => administrative.has(service)

/** Departments first, by name as they come; what administers them last. */
export const inMenuOrder = (services: readonly UiServiceEntry[]): readonly UiServiceEntry[] => [
  ...services.filter((service) => !isAdministrative(service)),
  ...services.filter(isAdministrative),
]
