import "./base.css"
import "@mantine/core/styles/baseline.layer.css"
import "@mantine/core/styles/default-css-variables.layer.css"
import "@mantine/core/styles/global.layer.css"
import "./tokens.css"
import "./overrides.css"
import { DirectionProvider, MantineProvider } from "@mantine/core"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { createRoot } from "react-dom/client"
import { ProblemError } from "../api/problem.ts"
import { askIn, onUnknownUser } from "../api/request.ts"
import { languageNow } from "../i18n/language.ts"
// Follows the system from the start, not from the first look at the menu that changes it.
import "./appearance.ts"
import { keepFocus } from "./keep-focus.ts"
import { prepare } from "./prepare.ts"
import { schemeManager } from "./scheme-manager.ts"
import { queryClient } from "./queries.ts"
import { router } from "./router.tsx"
import { goToLogin, sessionUser } from "./session.ts"
import { SessionContext } from "./session-context.ts"
import { theme } from "./theme.ts"
import { ToastOutlet } from "./toast-outlet.tsx"

keepFocus()
onUnknownUser(goToLogin)
askIn(languageNow())

/** A function, since a module that waits keeps those waiting that import its file, and the view's is one of them. */
async function start(): Promise<void> {
  const user = await sessionUser()
  if (user === undefined) return
  await prepare(user)
  // A refusal is shown where it happened; only defects are for the console.
  const onCaughtError = (error: unknown): void => {
    if (!(error instanceof ProblemError)) console.error(error)
  }
  createRoot(document.getElementById("root") as HTMLElement, { onCaughtError }).render(
    <DirectionProvider>
      <MantineProvider
        theme={theme}
        colorSchemeManager={schemeManager}
        withCssVariables={false}
        withGlobalClasses={false}
        defaultColorScheme="auto"
      >
        <QueryClientProvider client={queryClient}>
          <SessionContext value={user}>
            <RouterProvider router={router} />
            <ToastOutlet />
          </SessionContext>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>,
  )
}
void start()
