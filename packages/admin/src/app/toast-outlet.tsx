import { lazy, Suspense, useSyncExternalStore } from "react"
import { hostOfToasts, toasts } from "./toasts.tsx"

const Host = lazy(async () => ({ default: (await hostOfToasts()).ToastHost }))

/** The place of toasts, loaded with the first of them. */
export function ToastOutlet() {
  const isUsed = useSyncExternalStore(toasts.subscribe, toasts.isUsed)
  return <Suspense>{isUsed && <Host />}</Suspense>
}
