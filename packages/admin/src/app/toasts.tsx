import { type NotificationData, notifications } from "@mantine/notifications"
import { isAborted, problemOf } from "../api/problem.ts"
import { texts } from "../i18n/language.ts"

const useTexts = texts(
  { undo: "Undo", failed: "That did not work" },
  { undo: "Annuler", failed: "Cela n’a pas fonctionné" },
)

/** Long enough to change one's mind: never less than 8 s for what can be undone. */
const UNDO_MS = 10_000

export function tellDone(message: string, options: { readonly undo?: () => void } = {}): void {
  const { undo } = options
  const id = crypto.randomUUID()
  const shown: NotificationData = { id, message, color: "brand", withBorder: true, role: "status" }
  if (undo === undefined) {
    notifications.show({ ...shown, autoClose: 4_000 })
    return
  }
  const act = (): void => {
    notifications.hide(id)
    undo()
  }
  notifications.show({
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
  notifications.show({
    title: title ?? useTexts.now().failed,
    message: problem.detail ?? problem.title,
    color: "red",
    withBorder: true,
    autoClose: 10_000,
    role: "alert",
  })
}
