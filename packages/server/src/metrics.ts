/** Upper bounds of the duration histogram, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const

/** Requests of one route, method and status. */
interface Series {
  readonly method: string
  readonly route: string
  readonly status: number
  count: number
  seconds: number
  /** Not cumulative; the last is everything above the last bound. */
  readonly buckets: number[]
}

/** The numbers of one process as plain data, so that workers can send theirs to be summed. */
export interface MetricsSnapshot {
  readonly requests: readonly Readonly<Series>[]
  /** By metric name and labels, with what it means. */
  readonly gauges: Readonly<Record<string, Gauge>>
}

interface Gauge {
  readonly help: string
  readonly value: number
  /** What several processes have together. */
  readonly together: "sum" | "max"
}

export interface GaugeOptions {
  readonly labels?: Readonly<Record<string, string>>
  /** What several processes have together; their sum when left out. */
  readonly together?: "sum" | "max"
}

/** Counts of what a process serves. Routes are finitely many, so series are bounded. */
export interface Metrics {
  observe(method: string, route: string, status: number, ms: number): void
  /** Adds a number that is asked for when the metrics are: connections in use, for instance. */
  gauge(name: string, help: string, read: () => number, options?: GaugeOptions): void
  snapshot(): MetricsSnapshot
}

export function createMetrics(): Metrics {
  /** By route, then by status and method: a key of all three would have to be made for every request. */
  const series = new Map<string, Series[]>()
  const gauges = new Map<string, Omit<Gauge, "value"> & { readonly read: () => number }>()
  return {
    observe(method, route, status, ms) {
      let ofRoute = series.get(route)
      if (ofRoute === undefined) series.set(route, (ofRoute = []))
      let one = ofRoute.find((each) => each.status === status && each.method === method)
      if (one === undefined) {
        one = { method, route, status, count: 0, seconds: 0, buckets: [...BUCKETS.map(() => 0), 0] }
        ofRoute.push(one)
      }
      const seconds = ms / 1000
      one.count++
      one.seconds += seconds
      let bucket = 0
      while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++
      one.buckets[bucket] = (one.buckets[bucket] as number) + 1
    },
    gauge(name, help, read, { labels = {}, together = "sum" } = {}) {
      gauges.set(name + labelText(Object.entries(labels)), { help, read, together })
    },
    snapshot: () => ({
      requests: [...series.values()].flat().map((one) => ({ ...one, buckets: [...one.buckets] })),
      gauges: Object.fromEntries([...gauges].map(([name, { read, ...rest }]) => [name, { ...rest, value: read() }])),
    }),
  }
}

/** What Node knows of its process, under the names that Prometheus dashboards expect. */
export function measureProcess(metrics: Metrics): void {
  const cpuSeconds = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  metrics.gauge("process_cpu_seconds_total", "User and system CPU time spent in seconds.", cpuSeconds)
  metrics.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", () => process.memoryUsage.rss())
  metrics.gauge("nodejs_heap_size_used_bytes", "Heap in use in bytes.", () => process.memoryUsage().heapUsed)
  metrics.gauge(
    "nodejs_eventloop_utilization",
    "Share of its life that the event loop was busy.",
    () => performance.eventLoopUtilization().utilization,
  )
}

function summed(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const requests = new Map<string, Series>()
  const gauges: Record<string, Gauge> = {}
  for (const snapshot of snapshots) {
    for (const one of snapshot.requests) {
      const key = `${one.status} ${one.method} ${one.route}`
      const all = requests.get(key)
      if (all === undefined) requests.set(key, { ...one, buckets: [...one.buckets] })
      else {
        all.count += one.count
        all.seconds += one.seconds
        one.buckets.forEach((n, i) => {
          all.buckets[i] = (all.buckets[i] ?? 0) + n
        })
      }
    }
    for (const [name, gauge] of Object.entries(snapshot.gauges)) {
      const { value = 0 } = gauges[name] ?? {}
      gauges[name] = { ...gauge, value: gauge.together === "max" ? Math.max(gauge.value, value) : gauge.value + value }
    }
  }
  return { requests: [...requests.values()], gauges }
}

const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
const labelText = (labels: readonly (readonly [string, string])[]): string =>
  labels.length === 0 ? "" : `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`

/** The Prometheus text format, version 0.0.4, of one process or of several summed. */
export function renderMetrics(snapshots: readonly MetricsSnapshot[]): string {
  const { requests, gauges } = summed(snapshots)
  const lines: string[] = []
  const name = "http_server_request_duration_seconds"
  lines.push(`# HELP ${name} Time from the request to its answer.`, `# TYPE ${name} histogram`)
  for (const { method, route, status, count, seconds, buckets } of requests) {
    const labels = `method="${escaped(method)}",route="${escaped(route)}",status="${status}"`
    let below = 0
    BUCKETS.forEach((bound, i) => {
      below += buckets[i] ?? 0
      lines.push(`${name}_bucket{${labels},le="${bound}"} ${below}`)
    })
    lines.push(
      `${name}_bucket{${labels},le="+Inf"} ${count}`,
      `${name}_sum{${labels}} ${seconds}`,
      `${name}_count{${labels}} ${count}`,
    )
  }
  const nameOf = (gauge: string): string => gauge.split("{", 1)[0] as string
  for (const [name, some] of Map.groupBy(Object.entries(gauges), ([gauge]) => nameOf(gauge))) {
    const type = name.endsWith("_total") ? "counter" : "gauge"
    lines.push(`# HELP ${name} ${some[0]?.[1].help}`, `# TYPE ${name} ${type}`)
    for (const [gauge, { value }] of some) lines.push(`${gauge} ${value}`)
  }
  return `${lines.join("\n")}\n`
}
