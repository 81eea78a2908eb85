import { Component, type ReactNode, Suspense } from "react"
import { QueryErrorResetBoundary } from "@tanstack/react-query"
import { Refusal } from "./refusal.tsx"
import { ViewSkeleton } from "./view-skeleton.tsx"

interface Props {
  readonly children: ReactNode
  /** A new one forgets the failure: another view is shown. */
  readonly of: string
  /** What stands there while the view is loaded. */
  readonly fallback?: ReactNode
}

interface Failure {
  readonly error: unknown
  readonly of: string
}

class Boundary extends Component<Props & { readonly reset: () => void }, Failure> {
  override state: Failure = { error: undefined, of: this.props.of }

  static getDerivedStateFromError(error: unknown): Partial<Failure> {
    return { error }
  }
  static getDerivedStateFromProps({ of }: Props, state: Failure): Failure | null {
    return of === state.of ? null : { error: undefined, of }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    const again = () => {
      this.props.reset()
      this.setState({ error: undefined })
    }
    return <Refusal error={this.state.error} again={again} isWhole />
  }
}

/** A view that fails says so in its own place, and the rest goes on. It also stands for the view while that is loaded. */
export const ViewBoundary = ({ children, of, fallback }: Props) => (
  <QueryErrorResetBoundary>
    {({ reset }) => (
      <Boundary of={of} reset={reset}>
        <Suspense fallback={fallback ?? <ViewSkeleton />}>{children}</Suspense>
      </Boundary>
    )}
  </QueryErrorResetBoundary>
)
