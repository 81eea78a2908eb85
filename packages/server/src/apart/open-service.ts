import { GATEWAY } from "../between/behind-gateway.ts"
import { addressesFromFile, addressesFromText } from "../between/addresses.ts"
import { fileCredentials } from "../between/trust/credential-files.ts"
import { openDevelopmentAuthority } from "../between/trust/development-authority.ts"
import { assertFit, isDevelopment } from "../running-parts.ts"
import type { Service } from "../service.ts"
import { readSettings } from "../settings/read-settings.ts"
import type { StartOptions } from "../start-plan.ts"
import { type StartArguments, UsageError } from "../start-arguments.ts"
import { createLog, logLevel } from "../log.ts"
import { type Island, openIsland } from "./island.ts"
import { islandSettings } from "./island-settings.ts"

/**
 * Runs one service of a program apart, as its settings say.
 *
 * @throws UsageError if the program has no such service; `program.misconfigured`
 */
export async function openService(
  program: readonly Service[],
  name: string,
  options: StartOptions & StartArguments,
): Promise<Island> {
  const { env, mistakes } = readSettings(options.env ?? process.env)
  const service = program.find((each) => each.name === name)
  if (service === undefined)
    throw new UsageError(
      `There is no service ${name}: the services are ${program.map((each) => each.name).join(", ")}.`,
    )
  const settings = islandSettings(name, options, env, isDevelopment(env))
  assertFit([service], env, [...mistakes, ...settings.mistakes])
  const log = options.log ?? createLog({ level: logLevel(env) })
  const { trustDomain, callers } = settings
  const stack = new AsyncDisposableStack()
  try {
    let directory = settings.certificates
    if (directory === undefined) {
      const authority = await openDevelopmentAuthority({
        directory: settings.authority,
        trustDomain,
        isDevelopment: isDevelopment(env),
        log,
      })
      stack.defer(await authority.keepIssued([name]))
      directory = authority.directoryOf(name)
    }
    const credentials = await fileCredentials({ service: name, trustDomain, files: { directory }, log })
    stack.defer(() => credentials.close())
    const addresses =
      settings.neighbours === undefined
        ? addressesFromFile(settings.neighboursFile, log)
        : addressesFromText(settings.neighbours)
    stack.defer(() => addresses.close())
    const island = await openIsland({
      service,
      program,
      credentials,
      addresses,
      listen: settings.listen,
      ...(name === GATEWAY ? { open: settings.open } : {}),
      ...(settings.health ? { health: settings.health } : {}),
      url: settings.url,
      mayCall: (caller) => callers.has("*") || callers.has(caller),
      dataDirectory: options.dataDirectory,
      env,
      log,
      ...(options.now ? { now: options.now } : {}),
      ...(options.http ? { http: options.http } : {}),
    })
    const close = async (): Promise<void> => {
      await island.close()
      await stack.disposeAsync()
      log.flush()
    }
    return { ...island, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}
