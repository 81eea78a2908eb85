import { createHash } from "node:crypto"

const named = (text: string): { name: string; text: string } => ({
  name: `archipel_w_${createHash("sha256").update(text).digest("hex").slice(0, 24)}`,
  text,
})

const statements = new Map<string, { name: string; text: string }>()
const MAX_STATEMENTS = 2_000

/** The statement of a text, named by it. */
export function statementOf(text: string): { name: string; text: string } {
  const known = statements.get(text)
  if (known) return known
  const made = named(text)
  if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value as string)
  statements.set(text, made)
  return made
}
