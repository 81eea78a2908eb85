import type { MantineColorSchemeManager } from "@mantine/core"

/** The kit follows the page's attribute, which is ours (appearance.ts); it keeps nothing itself. */
export const schemeManager: MantineColorSchemeManager = {
  get: () => (document.documentElement.dataset.mantineColorScheme === "dark" ? "dark" : "light"),
  set: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => {},
}
