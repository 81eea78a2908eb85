import type { UiProgram, UiRelated } from "./model.ts"

const serviceOf = (model: string): string => model.split(".", 1)[0] as string

/**
 * A program with what was known of its services that do not answer now: their titles, their related lists, and the lists that refer to
 * their models. So what is away is shown as away, and does not vanish.
 */
export function withAway(before: UiProgram, now: UiProgram): UiProgram {
  const away = new Set(now.services.filter((service) => service.away).map(({ service }) => service))
  if (away.size === 0) return now
  const titles = new Map(before.services.map(({ service, title }) => [service, title]))
  const place = new Map(now.services.map(({ service }, i) => [service, i]))
  const inOrder = (lists: readonly UiRelated[]): readonly UiRelated[] =>
    lists.toSorted((a, b) => (place.get(a.service) ?? 0) - (place.get(b.service) ?? 0))
  const related: Record<string, readonly UiRelated[]> = { ...now.related }
  for (const [model, lists] of Object.entries(before.related)) {
    const isWhole = away.has(serviceOf(model))
    const kept = lists.filter(({ service }) => (isWhole ? place.has(service) : away.has(service)))
    if (kept.length > 0) related[model] = inOrder(isWhole ? kept : [...(now.related[model] ?? []), ...kept])
  }
  return {
    ...now,
    services: now.services.map((service) =>
      service.away ? { ...service, title: titles.get(service.service) ?? service.title } : service,
    ),
    related,
  }
}
