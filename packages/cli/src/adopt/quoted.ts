/** A text as code, in the quotes that need fewer escapes, as formatters have it. */
export function quoted(text: string): string {
  const double = JSON.stringify(text)
  if (!text.includes('"') || text.includes("'")) return double
  return `'${double.slice(1, -1).replaceAll('\\"', '"')}'`
}
