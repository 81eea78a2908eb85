import { type Html, trusted } from "./html.ts"

/** Drawn for these pages on a grid of 24. */
const drawings = {
  alert: '<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.500M12 16.25v.01"/>',
  check: '<path d="m5 12.5 4.5 4.500L19 7.5"/>',
  key: '<circle cx="8" cy="15.5" r="4.5"/><path d="m11.25 12.25 8-8M16 7.500l3 3"/>',
  passkey:
    '<circle cx="9.5" cy="7.5" r="4"/><path d="M2.5 20.500c0-4 3-6.5 7-6.5 1 0 2 .2 2.8.5"/><circle cx="17.5" cy="13.5" r="3"/><path d="M17.5 16.500v5l1.8-1.500M17.5 18.500h1.5"/>',
  eye: '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="3"/>',
  shield:
    '<path d="M12 3 4.5 6v5.500c0 4.5 3.2 8 7.5 9.5 4.3-1.5 7.5-5 7.5-9.500V6z"/><path d="m9 12 2.2 2.200L15.5 10"/>',
  mail: '<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m3.5 7.5 8.5 6 8.5-6"/>',
  user: '<circle cx="12" cy="8" r="4"/><path d="M4 20.500c.5-4.2 3.8-6.5 8-6.500s7.5 2.3 8 6.5"/>',
  devices:
    '<rect x="2.5" y="4.5" width="14" height="10" rx="1.8"/><path d="M6.5 18.500h5M9.5 14.500v4"/><rect x="15.5" y="9.5" width="6" height="10.5" rx="1.5"/>',
  link: '<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.700l-1.5 1.5"/><path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.700l1.5-1.5"/>',
  clock: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.25l3.5 2"/>',
  leave:
    '<path d="M14 4.500H6.500A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.500H14M10 12h10.500m-3.5-3.5 3.5 3.5-3.5 3.5"/>',
  phone: '<rect x="7" y="2.5" width="10" height="19" rx="2.2"/><path d="M11 18.500h2"/>',
  compass: '<circle cx="12" cy="12" r="9"/><path d="m15.5 8.5-2 5-5 2 2-5z"/>',
} as const satisfies Readonly<Record<string, string>>

export type IconName = keyof typeof drawings

/** For the eye only: what it means stands beside it in words. */
export const icon = (name: IconName): Html =>
  trusted(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${drawings[name]}</svg>`)
