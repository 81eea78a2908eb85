/** Where services are reached, as configured: it changes while programs run. */
export interface Addresses {
  /** Names of all services that are somewhere, sorted. */
  services(): readonly string[]
  /**
   * Where a service is: one "host:port" for each replica, or one name that DNS knows several addresses of. Empty for a service that
   * is nowhere.
   */
  of(service: string): readonly string[]
  /** Called after each change. Returns how to stop. */
  onChange(listener: () => void): () => void
  close(): void
}
