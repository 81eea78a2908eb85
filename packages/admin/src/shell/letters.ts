import type { UiModelEntry } from "../metadata/model.ts"

/** Leads home. */
export const HOME = "h"

/**
 * A letter for each list, after "g", so that they stay whatever the language: the one that its model's name begins with where no list
 * before it does; for the rest the first of the name that is free. Lists beyond the alphabet have none until somebody gives them keys.
 */
export function lettersOf(models: readonly Pick<UiModelEntry, "name">[]): ReadonlyMap<string, string> {
  const taken = new Set([HOME])
  const letters = new Map<string, string>()
  const give = (name: string, wanted: string): void => {
    const letter = [...wanted].find((each) => /[a-z]/.test(each) && !taken.has(each))
    if (letter === undefined) return
    taken.add(letter)
    letters.set(name, letter)
  }
  const ownOf = (name: string): string => name.slice(name.indexOf(".") + 1).toLowerCase()
  for (const { name } of models) give(name, ownOf(name).slice(0, 1))
  for (const { name } of models) if (!letters.has(name)) give(name, `${ownOf(name)}abcdefghijklmnopqrstuvwxyz`)
  return letters
}
