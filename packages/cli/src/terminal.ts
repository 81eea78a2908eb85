import { styleText } from "node:util"

/** Where a command writes; a test or another program may give its own. */
export interface Terminal {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

export const processTerminal: Terminal = { out: process.stdout, err: process.stderr }

type Style = Parameters<typeof styleText>[0]

/** Colours for people at a terminal; plain text for everything else, and where NO_COLOR is set. */
export function styled(stream: Terminal["out"] | Terminal["err"], style: Style, text: string): string {
  const wanted = process.env["FORCE_COLOR"] !== undefined || (stream.isTTY === true && !process.env["NO_COLOR"])
  return wanted ? styleText(style, text, { validateStream: false }) : text
}
