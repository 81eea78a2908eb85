import { IconCloudOff, IconHistory, IconUsers } from "@tabler/icons-react"
import { type ReactNode, useEffect, useState } from "react"
import { formatInstant } from "../fields/format.ts"
import { useRecordTitle } from "../fields/use-record-title.ts"
import { useLanguage } from "../i18n/language.ts"
import type { UiOne } from "../metadata/model.ts"
import { type KeptForm, forgetForm, keptNewForms } from "./kept-forms.ts"
import { useFormTexts } from "./text.ts"
import { useForm, useFormView } from "./use-form.ts"
import classes from "./form.module.css"

interface BannerProps {
  readonly icon: ReactNode
  readonly children: ReactNode
  readonly actions?: ReactNode
}

const Banner = ({ icon, children, actions }: BannerProps) => (
  <div className={classes.banner} role="status">
    {icon}
    <span className={classes.bannerText}>{children}</span>
    {actions}
  </div>
)

const BannerButton = ({ onClick, children }: { readonly onClick: () => void; readonly children: ReactNode }) => (
  <button type="button" className="button" data-kind="inherit" onClick={onClick}>
    {children}
  </button>
)

/** What somebody has to know of the form before they go on. */
export function Banners({ onResume }: { readonly onResume: (kept: KeptForm) => void }) {
  return (
    <>
      <ResumeOffer onResume={onResume} />
      <Resumed />
      <News />
      <WithoutDraft />
      <Lost />
    </>
  )
}

/** A new record that was begun before and not saved. */
function ResumeOffer({ onResume }: { readonly onResume: (kept: KeptForm) => void }) {
  const t = useFormTexts()
  const language = useLanguage()
  const { user, collection, isNew, id } = useForm()
  const [kept, setKept] = useState<readonly KeptForm[]>([])
  useEffect(() => {
    if (!isNew) return
    let isCurrent = true
    void keptNewForms({ user, collection }).then(
      (forms) => isCurrent && setKept(forms.filter(({ state }) => state.id !== id)),
    )
    return () => {
      isCurrent = false
    }
  }, [user, collection, isNew, id])
  const [latest] = kept
  if (!isNew || latest === undefined) return null
  return (
    <Banner
      icon={<IconHistory size={16} aria-hidden />}
      actions={
        <>
          <BannerButton onClick={() => onResume(latest)}>{t.resume}</BannerButton>
          <BannerButton
            onClick={() => {
              void forgetForm(latest, latest.state.id)
              setKept(kept.slice(1))
            }}
          >
            {t.discardKept}
          </BannerButton>
        </>
      }
    >
      {t.resumeOffer(formatInstant(new Date(latest.at).toISOString(), language))}
    </Banner>
  )
}

/** Changes of this record that were made before and not saved: they are in the form. */
function Resumed() {
  const t = useFormTexts()
  const language = useLanguage()
  const session = useForm()
  const at = useFormView((view) => view.resumedFrom)
  if (at === undefined) return null
  return (
    <Banner
      icon={<IconHistory size={16} aria-hidden />}
      actions={
        <>
          <BannerButton onClick={() => session.store.show({ resumedFrom: undefined })}>{t.resume}</BannerButton>
          <BannerButton onClick={() => session.discard()}>{t.discardKept}</BannerButton>
        </>
      }
    >
      {t.resumed(formatInstant(new Date(at).toISOString(), language))}
    </Banner>
  )
}

/** Somebody else saved the record while it was open here. */
function News() {
  const t = useFormTexts()
  const session = useForm()
  const news = useFormView((view) => view.news)
  const { model } = session.model
  const users = (model.fields["updatedBy"] as UiOne | undefined)?.collection
  const who = useRecordTitle(users, news?.by)
  if (news === undefined) return null
  const names = new Set(
    news.taken.map(
      ({ field, list }) => (list === undefined ? model.fields[field]?.label : model.fields[list]?.label) ?? field,
    ),
  )
  return (
    <Banner
      icon={<IconUsers size={16} aria-hidden />}
      actions={<BannerButton onClick={() => session.store.show({ news: undefined })}>{t.dismiss}</BannerButton>}
    >
      {t.changedBy(who && "title" in who ? who.title : t.someone)}{" "}
      {names.size > 0 && t.takenFields([...names].join(", "))}
    </Banner>
  )
}

function WithoutDraft() {
  const t = useFormTexts()
  const isWithout = useFormView((view) => view.isWithoutDraft)
  return isWithout ? <Banner icon={<IconCloudOff size={16} aria-hidden />}>{t.withoutDraft}</Banner> : null
}

/** What was typed into fields that the service does not take any more. */
function Lost() {
  const t = useFormTexts()
  const session = useForm()
  const text = useFormView(() =>
    Object.entries(session.lost)
      .map(([name, value]) => `${name} = ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
      .join("; "),
  )
  if (text === "") return null
  return (
    <Banner icon={<IconHistory size={16} aria-hidden />}>
      {t.lost} {text}
    </Banner>
  )
}
