import "@mantine/notifications/styles.layer.css"
import { Notifications } from "@mantine/notifications"

/** Where toasts are shown. */
export const ToastHost = () => <Notifications position="bottom-right" limit={4} zIndex={1000} />
export { notifications } from "@mantine/notifications"
