/**
 * What any gRPC client can ask any service of a fleet: whether it is well (grpc.health.v1), and what it offers (grpc.reflection).
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import type { Server } from "@grpc/grpc-js"
import { loadSync, type PackageDefinition } from "@grpc/proto-loader"
import { ReflectionService } from "@grpc/reflection"
import { HealthImplementation } from "grpc-health-check"
import type { ServiceRuntime } from "../../service-runtime.ts"
import type { RpcService } from "../mesh.ts"

const healthFile = fileURLToPath(new URL("../../../assets/health.proto", import.meta.url))

/** How often it is seen whether the service can answer. */
const LOOK_MS = 2_000

export interface StandardServices {
  /** From now on the service is not well: whoever balances calls sends them elsewhere. */
  drain(): void
  close(): void
}

/** @param offered What the server offers besides, all of it. */
export function addStandardServices(
  server: Server,
  offered: readonly RpcService[],
  runtime: Pick<ServiceRuntime, "ready">,
): StandardServices {
  const names = ["", ...offered.map(({ definition }) => nameOf(definition))]
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, "SERVING"] as const)))
  health.addToServer(server)
  const all = [
    ...offered.map(({ definition }) => definition),
    loadSync(healthFile)["grpc.health.v1.Health"] as Definition,
  ]
  new ReflectionService(described(all)).addToServer(server)
  let isDraining = false
  let current = true
  const tell = (isWell: boolean): void => {
    if (isWell === current) return
    current = isWell
    for (const name of names) health.setStatus(name, isWell ? "SERVING" : "NOT_SERVING")
  }
  const timer = setInterval(() => {
    void runtime.ready().then((isReady) => tell(isReady && !isDraining))
  }, LOOK_MS).unref()
  return {
    drain() {
      isDraining = true
      tell(false)
    },
    close: () => clearInterval(timer),
  }
}

type Definition = RpcService["definition"]

/** "/archipel.data.v1.Data/Call" names its service. */
const nameOf = (definition: Definition): string => (Object.values(definition)[0]?.path ?? "").split("/")[1] as string

/** Services with the messages that they speak of, as they were loaded. */
function described(definitions: readonly Definition[]): PackageDefinition {
  const all: Record<string, unknown> = {}
  for (const definition of definitions) {
    all[nameOf(definition)] = definition
    for (const method of Object.values(definition) as unknown as {
      path: string
      requestType: object
      responseType: object
    }[]) {
      all[`${method.path} request`] = method.requestType
      all[`${method.path} response`] = method.responseType
    }
  }
  return all as PackageDefinition
}
