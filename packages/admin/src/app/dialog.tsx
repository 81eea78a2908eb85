import { Modal, type ModalProps } from "@mantine/core"
import { texts } from "../i18n/language.ts"

const useTexts = texts({ close: "Close" }, { close: "Fermer" })

/** A dialog whose way out has a name. */
export function Dialog(props: ModalProps) {
  const t = useTexts()
  return <Modal closeButtonProps={{ "aria-label": t.close }} {...props} />
}
