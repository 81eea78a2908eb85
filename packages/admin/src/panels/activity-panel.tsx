import { IconTrash } from "@tabler/icons-react"
import { useInfiniteQuery } from "@tanstack/react-query"
import { useState } from "react"
import { ProblemError } from "../api/problem.ts"
import { request } from "../api/request.ts"
import { retryInterval } from "../app/retry.ts"
import { tellProblem } from "../app/toasts.tsx"
import { formatAgo, formatInstant, humanise } from "../fields/format.ts"
import { useRecordTitle } from "../fields/use-record-title.ts"
import { ReadValue } from "../form/field-row.tsx"
import { useForm, useFormView } from "../form/use-form.ts"
import { useLanguage } from "../i18n/language.ts"
import { isList, type UiField, type UiModel } from "../metadata/model.ts"
import {
  type ActivityItem,
  activityOf,
  type Changes,
  type Comment,
  type HistoryEntry,
  type LineChange,
  toldFields,
} from "./activity.ts"
import { Attachments } from "./attachments.tsx"
import { usePanelTexts } from "./text.ts"
import classes from "./panels.module.css"

interface PageOf<T> {
  readonly data: readonly T[]
  readonly next: string | null
}

/** So many entries at first, and with each step back. */
const STEP = 20
/** What others say is looked for so often, while the page is seen. */
const POLL_MS = 30_000

/** Pages of what a record has at an address of its own, newest first. A service that has no such address has nothing to tell. */
function usePages<T>(what: "$history" | "$comments", isAsked: boolean, version?: unknown) {
  const { collection, id } = useForm()
  const path = `${collection}/${id}/${what}`
  const { data, error, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ["activity", path, version],
    enabled: isAsked,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const after = pageParam === undefined ? "" : `&after=${encodeURIComponent(pageParam)}`
      return (await request<PageOf<T>>(`${path}?limit=${STEP}${after}`, { signal })).data
    },
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: (before) => before,
    refetchInterval: (query) => retryInterval(query) || (what === "$comments" && POLL_MS),
    retry: false,
  })
  return {
    data: data?.pages.flatMap((page) => page.data) ?? [],
    isWhole: !hasNextPage,
    more: () => void fetchNextPage(),
    again: () => void refetch(),
    isMissing: error instanceof ProblemError && error.isMissing,
    error,
    isKnown: data !== undefined,
  }
}

/** What happened to the record and what was said of it; and a place to say more. */
export function ActivityPanel() {
  const t = usePanelTexts()
  const { model } = useForm().model
  const version = useFormView(({ state }) => state.base?.["version"])
  const discussion = model.discussion
  const can = useFormView(({ state }) => state.base?.["_can"]) as readonly string[] | undefined
  const mayAttach = discussion?.attach === true && (can?.includes("$attachments") ?? true)
  const history = usePages<HistoryEntry>("$history", true, version)
  const comments = usePages<Comment>("$comments", discussion !== undefined)
  const items = activityOf(history, comments)
  const failed = [history, comments].find(({ error, isMissing }) => error !== null && !isMissing)
  if (history.isMissing && discussion === undefined) return null
  return (
    <aside className={classes.activity} aria-label={t.activity}>
      {discussion && <Attachments mayAttach={mayAttach} />}
      <h2 className={classes.asideTitle}>{t.activity}</h2>
      {discussion?.comment && <Composer onSaid={comments.again} />}
      {failed && (
        <p className={classes.failed} role="status">
          {failed.error?.message}{" "}
          <button type="button" className={classes.link} onClick={failed.again}>
            {t.again}
          </button>
        </p>
      )}
      {history.isKnown && items.length === 0 && <p className={classes.none}>{t.noActivity}</p>}
      <ol className={classes.feed}>
        {items.map((item) => (
          <Item
            key={`${item.kind} ${item.kind === "change" ? item.entry.id : item.comment.id}`}
            item={item}
            onRemoved={comments.again}
          />
        ))}
      </ol>
      {(!history.isWhole || !comments.isWhole) && (
        <button
          type="button"
          className={classes.link}
          onClick={() => {
            if (!history.isWhole) history.more()
            if (!comments.isWhole) comments.more()
          }}
        >
          {t.older}
        </button>
      )}
    </aside>
  )
}

function Composer({ onSaid }: { readonly onSaid: () => void }) {
  const t = usePanelTexts()
  const { collection, id } = useForm()
  const [text, setText] = useState("")
  const [isBusy, setBusy] = useState(false)
  const say = async (): Promise<void> => {
    if (text.trim() === "" || isBusy) return
    setBusy(true)
    try {
      const headers = { "idempotency-key": crypto.randomUUID() }
      await request(`${collection}/${id}/$comments`, { method: "POST", body: { text }, headers })
      setText("")
      onSaid()
    } catch (error) {
      tellProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault()
        void say()
      }}
    >
      <textarea
        aria-label={t.comment}
        className={classes.say}
        rows={2}
        maxLength={10_000}
        placeholder={t.say}
        value={text}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          event.nativeEvent.stopPropagation()
          void say()
        }}
      />
      {text.trim() !== "" && (
        <button type="submit" className="button" data-kind="primary" disabled={isBusy}>
          {t.comment}
        </button>
      )}
    </form>
  )
}

function Who({ id, kind = "user" }: { readonly id: string | null; readonly kind?: string }) {
  const t = usePanelTexts()
  const user = useRecordTitle("/api/identity/users", kind === "user" ? (id ?? undefined) : undefined)
  if (kind !== "user" || id === null) return kind === "service" && id !== null ? id : t.system
  return user && "title" in user ? user.title : t.somebody
}

function When({ at }: { readonly at: string }) {
  const language = useLanguage()
  return (
    <time dateTime={at} title={formatInstant(at, language)} className={classes.when}>
      {formatAgo(at, language)}
    </time>
  )
}

function Item({ item, onRemoved }: { readonly item: ActivityItem; readonly onRemoved: () => void }) {
  const t = usePanelTexts()
  const { collection, id, model } = useForm()
  if (item.kind === "comment") {
    const { comment } = item
    const remove = (): void => {
      request(`${collection}/${id}/$comments/${comment.id}`, { method: "DELETE" }).then(onRemoved, tellProblem)
    }
    return (
      <li className={classes.said}>
        <div className={classes.itemHead}>
          <strong>
            <Who id={comment.author} />
          </strong>{" "}
          <When at={comment.at} />
          {comment._can.includes("delete") && (
            <button type="button" className="icon-button" aria-label={t.remove} title={t.remove} onClick={remove}>
              <IconTrash size={13} aria-hidden />
            </button>
          )}
        </div>
        <p className={classes.text}>{comment.text}</p>
      </li>
    )
  }
  const { entry } = item
  return (
    <li className={classes.happened}>
      <div className={classes.itemHead}>
        <strong>
          <Who id={entry.actor.id} kind={entry.actor.kind} />
        </strong>{" "}
        {operationWords(entry, model.model, t)} <When at={entry.at} />
      </div>
      {entry.operation !== "create" && <ChangeList changes={entry.changes} model={model.model} />}
    </li>
  )
}

function operationWords(
  { operation, action }: HistoryEntry,
  model: UiModel,
  t: ReturnType<typeof usePanelTexts>,
): string {
  if (action !== undefined)
    return (
      t.did[action] ?? t.chose(model.transitions[action]?.label ?? model.actions[action]?.label ?? humanise(action))
    )
  return t.did[operation] ?? operation
}

function ChangeList({ changes, model }: { readonly changes: Changes; readonly model: UiModel }) {
  const names = toldFields(changes).filter((name) => model.fields[name] !== undefined)
  if (names.length === 0) return null
  return (
    <dl className={classes.changes}>
      {names.map((name) => (
        <Change
          key={name}
          name={name}
          field={model.fields[name] as UiField}
          change={changes[name] as Changes[string]}
          model={model}
        />
      ))}
    </dl>
  )
}

interface ChangeProps {
  readonly name: string
  readonly field: UiField
  readonly change: Changes[string]
  readonly model: UiModel
}

function Change({ name, field, change, model }: ChangeProps) {
  const t = usePanelTexts()
  const { lists } = useForm().model
  if (Array.isArray(change)) {
    const lines = change as readonly LineChange[]
    const list = lists.find((each) => each.name === name)
    const count = (operation: string): number => lines.filter((line) => line.operation === operation).length
    const words = [
      [count("create"), t.linesAdded],
      [count("update"), t.linesChanged],
      [count("delete"), t.linesDeleted],
    ] as const
    const told = lines.filter((line) => line.operation === "update" && toldFields(line.changes).length > 0)
    return (
      <div className={classes.change}>
        <dt>{field.label}</dt>
        <dd>
          {words
            .filter(([n]) => n > 0)
            .map(([n, say]) => say(n))
            .join(", ")}
          {list && told.length > 0 && (
            <details>
              <summary>{t.details}</summary>
              {told.map((line) => (
                <ChangeList key={line.id} changes={line.changes} model={list.model} />
              ))}
            </details>
          )}
        </dd>
      </div>
    )
  }
  const shown = (value: unknown) => (
    <ReadValue model={model} place={{ field: name, list: "" }} field={field} value={value} />
  )
  if ("added" in change) {
    const links = change as { readonly added: readonly string[]; readonly removed: readonly string[] }
    if (!isList(field)) return null
    return (
      <div className={classes.change}>
        <dt>{field.label}</dt>
        <dd>
          {links.added.length > 0 && <span className={classes.after}>+ {shown(links.added)}</span>}
          {links.removed.length > 0 && <span className={classes.before}>− {shown(links.removed)}</span>}
        </dd>
      </div>
    )
  }
  const { old, new: now } = change as { readonly old: unknown; readonly new: unknown }
  return (
    <div className={classes.change}>
      <dt>{field.label}</dt>
      <dd>
        <span className={classes.before}>{shown(old)}</span>
        <span aria-label={t.became} role="img" className={classes.arrow}>
          →
        </span>
        <span className={classes.after}>{shown(now)}</span>
      </dd>
    </div>
  )
}
