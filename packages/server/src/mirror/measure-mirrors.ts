import type { Metrics } from "../metrics.ts"
import type { ServiceRuntime } from "../service-runtime.ts"

const HELP = "Seconds since what is kept of another service's records was all there."

/** How old the mirrors of these services are, under `archipel_mirror_lag_seconds`. */
export function measureMirrors(metrics: Metrics, services: ReadonlyMap<string, ServiceRuntime>): void {
  for (const [service, runtime] of services) {
    for (const { model } of runtime.mirrors()) {
      const lag = (): number => runtime.mirrors().find((state) => state.model === model)?.lagSeconds ?? 0
      metrics.gauge("archipel_mirror_lag_seconds", HELP, lag, { labels: { service, model }, together: "max" })
    }
  }
}
