const folded = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase()

/** Whether each word occurs in a text, whatever their accents and capitals. */
export function matches(text: string, words: string): boolean {
  const all = folded(text)
  return folded(words)
    .split(/\s+/)
    .every((word) => all.includes(word))
}
