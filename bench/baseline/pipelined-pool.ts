import { type ConnectionOptions, PipelinedConnection, type Statement } from "./pipelined-connection.ts"

/** A fixed number of pipelined connections; a statement goes to the one with the fewest unanswered ones. */
export class PipelinedPool {
  readonly #connections: readonly PipelinedConnection[]

  private constructor(connections: readonly PipelinedConnection[]) {
    this.#connections = connections
  }

  static async open(size: number, options: ConnectionOptions): Promise<PipelinedPool> {
    return new PipelinedPool(await Promise.all(Array.from({ length: size }, () => PipelinedConnection.open(options))))
  }

  value(statement: Statement, parameters: readonly (string | null)[]): Promise<Buffer | null> {
    let idlest = this.#connections[0] as PipelinedConnection
    for (const connection of this.#connections) if (connection.inFlight < idlest.inFlight) idlest = connection
    return idlest.value(statement, parameters)
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }
}
