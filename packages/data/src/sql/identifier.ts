import pg from "pg"

/** A quoted identifier. */
export const identifier = (name: string): string => pg.escapeIdentifier(name)
