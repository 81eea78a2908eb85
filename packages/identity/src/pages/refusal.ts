import { ArchipelError } from "@archipel/core"
import type { Page, View } from "./frame.ts"
import type { IconName } from "./icons.ts"
import { plainView } from "./views/links.ts"

/** Why a page does not do what was asked. */
export type RefusalKind = "notFound" | "expired" | "form" | "method" | "limited" | "large" | "internal"

const statuses: Readonly<Record<RefusalKind, number>> = {
  notFound: 404,
  expired: 410,
  form: 403,
  method: 405,
  limited: 429,
  large: 413,
  internal: 500,
}

const icons: Readonly<Partial<Record<RefusalKind, IconName>>> = {
  expired: "clock",
  limited: "clock",
  notFound: "compass",
}

/** Ends what a handler does; people read about it on a page of its own. */
export class Refusal extends Error {
  override readonly name = "Refusal"
  readonly kind: RefusalKind
  readonly retryAfterSeconds: number | undefined

  constructor(kind: RefusalKind, retryAfterSeconds?: number) {
    super(kind)
    this.kind = kind
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Minutes to wait, as people are told. */
export const minutesOf = (seconds: number): number => Math.max(1, Math.ceil(seconds / 60))

/** What the other parts of the service throw, in the words of pages. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof ArchipelError) {
    const code: string = error.code
    if (code === "request.unsupported_type") return new Refusal("form")
    if (code === "request.too_large") return new Refusal("large")
    if (code === "login.expired") return new Refusal("expired")
    if (code === "service.unavailable") return new Refusal("limited", 60)
  }
  return new Refusal("internal")
}

export const statusOf = ({ kind }: Refusal): number => statuses[kind]

export function refusalView(page: Page, refusal: Refusal, traceId: string): View {
  const { errors } = page.t
  const { kind } = refusal
  return {
    ...plainView({
      icon: icons[kind] ?? "alert",
      mood: "bad",
      title: errors[`${kind}Title`],
      lead: kind === "limited" ? errors.limited(minutesOf(refusal.retryAfterSeconds ?? 60)) : errors[kind],
      facts: kind === "internal" && traceId !== "" ? [[errors.trace, traceId]] : [],
      next: { path: "/account", label: errors.home },
    }),
    isRefusal: true,
  }
}
