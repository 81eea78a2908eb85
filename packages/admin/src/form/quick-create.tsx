import { Button } from "@mantine/core"
import { useQueries } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import { useUserId } from "../app/session-context.ts"
import { FieldRow } from "./field-row.tsx"
import { formModelOf } from "./form-model.ts"
import { FormSession } from "./form-session.ts"
import { newState } from "./form-state.ts"
import { newId } from "./new-id.ts"
import { ProblemSummary } from "./problem-summary.tsx"
import { useFormTexts } from "./text.ts"
import { FormContext, useFormView } from "./use-form.ts"
import { valueOfText } from "./field-value.ts"
import { modelOptions } from "../metadata/use-metadata.ts"
import { forgetOptions } from "../fields/reference-options.ts"
import type { QuickCreateProps } from "../fields/quick-create-context.ts"
import { Dialog } from "../app/dialog.tsx"
import classes from "./form.module.css"

/** Makes a record that a reference is to name, of what it needs: all else can wait for its own form. */
export function QuickCreate({ model, name, onMade, onClose }: QuickCreateProps) {
  const t = useFormTexts()
  const user = useUserId()
  const [session] = useState(() => {
    const named = model.display === undefined ? undefined : model.fields[model.display]
    const typed =
      named && name !== "" ? valueOfText(named as never, name, { locale: "en", timeZone: "UTC", now: 0 }) : undefined
    const given = typed?.ok && model.display !== undefined && named?.create ? { [model.display]: typed.value } : {}
    const id = newId()
    return new FormSession({
      model: formModelOf(model, new Map()),
      user,
      state: newState(id, [], given),
      name: `q-${id}`,
    })
  })
  // Who follows the link finds the description already there.
  useQueries({ queries: [modelOptions(model.collection)] })
  useEffect(() => {
    session.open()
    return () => session.close()
  }, [session])
  const fields = Object.entries(model.fields).filter(
    ([field, { create, required }]) => create && (required || field === model.display),
  )
  const make = async (): Promise<void> => {
    if ((await session.save()) !== "saved") return
    forgetOptions(model.collection)
    onMade(session.id)
  }
  return (
    <Dialog opened onClose={onClose} title={t.quickCreate(model.title)} size="md">
      <FormContext value={session}>
        <form
          noValidate
          className={classes.quick}
          onSubmit={(event) => {
            event.preventDefault()
            // The form that asked for this one is another form.
            event.stopPropagation()
            void make()
          }}
        >
          <ProblemSummary />
          {fields.map(([field, of], index) => (
            <FieldRow key={field} place={{ field }} field={of} focuses={index === 0} />
          ))}
          <QuickButtons onClose={onClose} />
        </form>
      </FormContext>
    </Dialog>
  )
}

function QuickButtons({ onClose }: { readonly onClose: () => void }) {
  const t = useFormTexts()
  const isSaving = useFormView((view) => view.isSaving)
  return (
    <div className={classes.dialogButtons}>
      <Button variant="default" onClick={onClose}>
        {t.cancel}
      </Button>
      <Button type="submit" disabled={isSaving}>
        {t.save}
      </Button>
    </div>
  )
}
