import "./base.css"
import "@mantine/core/styles.layer.css"
import "@mantine/notifications/styles.layer.css"
import "./tokens.css"
import "./overrides.css"
import { DirectionProvider, MantineProvider } from "@mantine/core"
import { Notifications } from "@mantine/notifications"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { createRoot } from "react-dom/client"
import { askIn, onUnknownUser } from "../api/request.ts"
import { languageNow } from "../i18n/language.ts"
import { programOptions } from "../metadata/use-metadata.ts"
import { schemeManager } from "./scheme-manager.ts"
import { queryClient } from "./queries.ts"
import { router } from "./router.tsx"
import { goToLogin, sessionUser } from "./session.ts"
import { SessionContext } from "./session-context.ts"
import { theme } from "./theme.ts"

onUnknownUser(goToLogin)
askIn(languageNow())

const user = await sessionUser()
if (user !== undefined) {
  void queryClient.prefetchQuery(programOptions())
  createRoot(document.getElementById("root") as HTMLElement).render(
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
            <Notifications position="bottom-right" limit={4} zIndex={1000} />
          </SessionContext>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>,
  )
}
