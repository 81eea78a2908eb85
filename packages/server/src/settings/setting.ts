/** What values of a setting look like: in words for people, and what is wrong with one that does not. */
export interface Form {
  readonly words: string
  /** @returns undefined for a value that is one; else what is wrong, as "is …" or "takes …", without the value where it is a secret */
  mistake(text: string): string | undefined
}

/** Who reads a setting. */
export type SettingGroup = "program" | "apart" | "login" | "command"

/** One environment variable. */
export interface Setting {
  readonly name: string
  readonly group: SettingGroup
  /** Markdown, without a full stop. */
  readonly means: string
  /** In words; nothing where left out. */
  readonly otherwise?: string
  readonly form: Form
  /** Never shown in a message, and may be read from the file that `NAME_FILE` names. */
  readonly secret?: true
}

/** Anything, or what its reader judges by more than its form. */
export const text = (words = "a text"): Form => ({ words, mistake: () => undefined })

export const wholeNumber = (min: number, max: number, unit = ""): Form => ({
  words: `a whole number from ${min} to ${max}${unit}`,
  mistake(given) {
    const value = Number(given)
    return /^\d+$/.test(given) && value >= min && value <= max
      ? undefined
      : `takes a whole number from ${min} to ${max}`
  },
})

export const oneOf = (...values: readonly string[]): Form => ({
  words: values.map((value) => `\`${value}\``).join(", "),
  mistake: (given) => (values.includes(given) ? undefined : `takes one of ${values.join(", ")}`),
})

export const address = (...protocols: readonly string[]): Form => ({
  words: `an address, ${protocols.map((each) => `\`${each}://…\``).join(" or ")}`,
  mistake(given) {
    const url = URL.parse(given)
    return url !== null && protocols.includes(url.protocol.slice(0, -1))
      ? undefined
      : `takes an address that begins with ${protocols.map((each) => `${each}://`).join(" or ")}`
  },
})

const PLACE = /^(?:\[([0-9a-f:]+)\]|([^\s:]+)):(\d{1,5})$/i

/** An address to listen at; port 0 takes a free one. @returns undefined for what is no "host:port" */
export function placeOf(given: string): { readonly host: string; readonly port: number } | undefined {
  const [, v6, name, port] = PLACE.exec(given) ?? []
  const host = v6 ?? name
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) }
}

export const place: Form = {
  words: "a host and a port, `0.0.0.0:4443`",
  mistake: (given) => (placeOf(given) ? undefined : "takes a host and a port: 0.0.0.0:4443"),
}

export const json: Form = {
  words: "JSON",
  mistake(given) {
    try {
      JSON.parse(given)
      return undefined
    } catch {
      return "takes JSON"
    }
  },
}
