import { Menu } from "@mantine/core"
import { IconUpload } from "@tabler/icons-react"
import { lazy, Suspense, useState } from "react"
import type { UiModel } from "../metadata/model.ts"
import { useImportTexts } from "./text.ts"

const ImportDialog = lazy(async () => ({ default: (await import("./import-dialog.tsx")).ImportDialog }))

/**
 * The import of a model, for a menu: its entry, and beside the menu the dialog that this opens. Both are nothing for people who may
 * neither create nor update records.
 *
 * @param onShow Shows the records that meet these facets (JSON, as a list's address has them).
 */
export function useImport(model: UiModel, onShow: (where: string) => void) {
  const t = useImportTexts()
  const [isOpen, setOpen] = useState(false)
  const close = (): void => {
    setOpen(false)
    // What opened it was an entry of a menu, which is gone by now.
    requestAnimationFrame(() => document.getElementById("content")?.focus())
  }
  const { create, update } = model.rights
  if (!create && !update) return { entry: null, dialog: null }
  const entry = (
    <>
      <Menu.Label>{t.menu}</Menu.Label>
      <Menu.Item leftSection={<IconUpload size={15} stroke={1.8} aria-hidden />} onClick={() => setOpen(true)}>
        {t.menuFile}
      </Menu.Item>
      <Menu.Divider />
    </>
  )
  const dialog = isOpen && (
    <Suspense>
      <ImportDialog model={model} onShow={onShow} onClose={close} />
    </Suspense>
  )
  return { entry, dialog }
}
