import type { Metrics } from "./metrics.ts"
import type { OpenServices } from "./open-services.ts"

const CONNECTIONS = "Connections to a service's database, by what they are for."
const IN_FLIGHT =
  "Statements sent to a service's database and not answered yet, on connections that many requests share."
const WAITING = "Writes, transactions and exports that wait for a connection to a service's database."

/** What these services have of their databases: whoever sees requests wait finds here whether it is for a connection. */
export function measureDatabases(metrics: Metrics, databases: OpenServices["databases"]): void {
  for (const [service, database] of databases) {
    const labels = (use: string) => ({ labels: { service, use } })
    const stats = () => database.stats
    metrics.gauge("archipel_database_connections", CONNECTIONS, () => stats().shared.connections, labels("reads"))
    metrics.gauge("archipel_database_in_flight", IN_FLIGHT, () => stats().shared.inFlight, labels("reads"))
    metrics.gauge("archipel_database_in_flight", IN_FLIGHT, () => stats().writes.inFlight, labels("writes"))
    for (const use of ["writes", "transactions", "exports"] as const) {
      metrics.gauge("archipel_database_connections", CONNECTIONS, () => stats()[use].connections, labels(use))
      metrics.gauge("archipel_database_waiting", WAITING, () => stats()[use].waiting, labels(use))
    }
  }
}
