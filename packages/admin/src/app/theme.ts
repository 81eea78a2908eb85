import { createTheme, type MantineColorsTuple } from "@mantine/core"

/** What is beneath a dialog stays to be read. */
const overlay = { overlayProps: { backgroundOpacity: 0.4 } }

/** Without the components themselves, which are loaded with the parts that use them. */
const fast = { transitionProps: { duration: 100 } }

/**
 * The kit's theme. Its colours are our tokens (tokens.css), written as variables there, not made at run time: the policy allows no
 * inline style sheet. For the same reason nothing may lock the page's scroll by injecting one.
 */
export const theme = createTheme({
  // Never read: tokens.css says what each of the kit's variables is.
  colors: { brand: Array.from({ length: 10 }, () => "var(--accent)") as unknown as MantineColorsTuple },
  primaryColor: "brand",
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--font-mono)",
  defaultRadius: "sm",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Modal: { defaultProps: { lockScroll: false, centered: true, ...overlay, ...fast } },
    Drawer: { defaultProps: { lockScroll: false, ...overlay, ...fast } },
    Popover: { defaultProps: { shadow: "md", ...fast } },
    // The kit's place for the first focus is no child that a menu may have; the menu itself takes it.
    Menu: { defaultProps: { shadow: "md", withInitialFocusPlaceholder: false, ...fast } },
    Tooltip: { defaultProps: { openDelay: 400, ...fast } },
  },
})
