import pg from "pg"

type Detail = Exclude<keyof pg.DatabaseError, keyof Error | "length">

/** The fields of an ErrorResponse by their codes (protocol 3.0, "Error and Notice Message Fields"). */
const FIELDS: Readonly<Record<string, Detail>> = {
  S: "severity",
  C: "code",
  D: "detail",
  H: "hint",
  P: "position",
  p: "internalPosition",
  q: "internalQuery",
  W: "where",
  s: "schema",
  t: "table",
  c: "column",
  d: "dataType",
  n: "constraint",
  F: "file",
  L: "line",
  R: "routine",
}

/** The error that PostgreSQL told of, as `pg` makes it. */
export function backendError(bytes: Buffer, start: number, end: number): pg.DatabaseError {
  let message = ""
  const details: Partial<Record<Detail, string>> = {}
  for (const field of bytes.toString("utf8", start, end).split("\0")) {
    const code = field[0]
    if (code === undefined) continue
    const name = FIELDS[code]
    if (code === "M") message = field.slice(1)
    else if (name !== undefined) details[name] = field.slice(1)
  }
  return Object.assign(new pg.DatabaseError(message, end - start, "error"), details)
}
