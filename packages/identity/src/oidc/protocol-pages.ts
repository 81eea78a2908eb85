/**
 * The few pages that the protocol shows itself: an error that cannot be told to an application, and the questions around a logout.
 *
 * @module
 */
import type { IncomingMessage } from "node:http"

/** An application has sent somebody here with a request that cannot be answered. */
export interface ErrorPage {
  /** The protocol's code, such as "invalid_client"; nothing that a request contained. */
  readonly code: string
  /** For the administrator's log. */
  readonly traceId: string
}

/** Whether to log out; its form posts `xsrf`, and `logout=yes` to do it. */
export interface LogoutPage {
  readonly action: string
  readonly xsrf: string
  /** The application that asks. */
  readonly client: string | undefined
}

export interface LoggedOutPage {
  readonly client: string | undefined
}

/** How these pages look; each gives a whole document. */
export interface ProtocolPages {
  error(page: ErrorPage, incoming: IncomingMessage): string
  logout(page: LogoutPage, incoming: IncomingMessage): string
  loggedOut(page: LoggedOutPage, incoming: IncomingMessage): string
}
