import { Modal, type ModalProps } from "@mantine/core"
import { useFormTexts } from "./text.ts"

/** A dialog whose way out has a name. */
export function Dialog(props: ModalProps) {
  const t = useFormTexts()
  return <Modal closeButtonProps={{ "aria-label": t.dismiss }} {...props} />
}
