import type { NotificationData } from "@mantine/notifications"
import { isAborted, problemOf } from "../api/problem.ts"
import { texts } from "../i18n/language.ts"
import { withKit } from "./kit.ts"

const useTexts = texts(
  {
    undo: "Undo",
    failed: "That did not work",
    close: "Close",
    denied: "Somebody who gives out roles (identity.admin) can give you the right.",
  },
  {
    undo: "Annuler",
    failed: "Cela n’a pas fonctionné",
    close: "Fermer",
    denied: "Une personne qui attribue les rôles (identity.admin) peut vous en donner le droit.",
  },
)

/** Long enough to change one's mind: never less than 8 s for what can be undone. */
const UNDO_MS = 10_000

export const hostOfToasts = withKit(() => import("./toast-host.tsx"))

let isUsed = false
const listeners = new Set<() => void>()
/** Whether a toast was ever shown. */
export const toasts = {
  isUsed: () => isUsed,
  subscribe(listener: () => void) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

async function show(data: NotificationData): Promise<void> {
  if (!isUsed) {
    isUsed = true
    for (const listener of listeners) listener()
  }
  const { notifications } = await hostOfToasts()
  notifications.show({ closeButtonProps: { "aria-label": useTexts.now().close }, ...data })
}

async function hide(id: string): Promise<void> {
  const { notifications } = await hostOfToasts()
  notifications.hide(id)
}

export function tellDone(message: string, options: { readonly undo?: () => void } = {}): void {
  const { undo } = options
  const id = crypto.randomUUID()
  const shown: NotificationData = { id, message, color: "brand", withBorder: true, role: "status" }
  if (undo === undefined) return void show({ ...shown, autoClose: 4_000 })
  const act = (): void => {
    void hide(id)
    undo()
  }
  void show({
    ...shown,
    autoClose: UNDO_MS,
    message: (
      <span className="toast-with-undo">
        {message}
        <button type="button" className="toast-undo" onClick={act}>
          {useTexts.now().undo}
        </button>
      </span>
    ),
  })
}

/** Tells what went wrong, with the trace that whoever helps can look up. */
export function tellProblem(error: unknown, title?: string): void {
  if (isAborted(error)) return
  const problem = problemOf(error)
  const said = problem.detail ?? problem.title
  void show({
    title: title ?? useTexts.now().failed,
    message: problem.code.startsWith("access.") ? `${said} ${useTexts.now().denied}` : said,
    color: "red",
    withBorder: true,
    autoClose: 10_000,
    role: "alert",
  })
}

/** Tells why something was not done, in one sentence or several. */
export function tellRefused(title: string | undefined, reasons: readonly string[]): void {
  void show({
    title: title ?? useTexts.now().failed,
    message: reasons.map((reason) => (
      <span key={reason} className="toast-reason">
        {reason}
      </span>
    )),
    color: "red",
    withBorder: true,
    autoClose: 15_000,
    role: "alert",
  })
}
