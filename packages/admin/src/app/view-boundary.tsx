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

class Boundary extends Component<Props & { readonly reset: () => void }, { readonly error: unknown }> {
  override state = { error: undefined as unknown }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override componentDidUpdate(before: Props): void {
    if (before.of !== this.props.of && this.state.error !== undefined) this.setState({ error: undefined })
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    const again = () => {
      this.props.reset()
      this.setState({ error: undefined })
    }
    return <Refusal error={this.state.error} again={again} />
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
