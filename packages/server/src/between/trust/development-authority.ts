/**
 * The authority of a development fleet, in a directory: it is made on the first start, gives services certificates of a day and renews
 * them, and can be replaced by another while the fleet runs. Processes may share the directory: each file is whole at any time, and
 * a service's key stays the same, so that whichever certificate is written last fits it.
 *
 * ```
 * authority/signing.pem        the authority's key and certificate
 *           next.pem           the one that will follow it, during a rotation
 *           former.pem         the certificate of the one before it, during a rotation
 *           sales/key.pem, certificate.pem, authorities.pem
 * ```
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import { readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import type { Log } from "../../log.ts"
import type { Authority } from "./authority.ts"
import { POLL_MS } from "./credential-files.ts"
import { pairMistakes } from "./pair-mistakes.ts"
import { certificatesIn, pemBlocks } from "./pem.ts"
import { readOrMake, readPrivate, replacePrivate } from "./private-files.ts"

/** How long a certificate is good for. */
const LIFE_HOURS = 24
/** The share of its life after which a certificate is replaced. */
const RENEW_AFTER = 1 / 3
/** How often certificates are looked at. */
const CHECK_MS = 60_000
/** How long processes get to take up what was written: they look every `POLL_MS`. */
const SETTLE_MS = 3 * POLL_MS
/** An authority that has less left is replaced. */
const AUTHORITY_REST_MS = 30 * 24 * 3_600_000

export interface DevelopmentAuthorityOptions {
  readonly directory: string
  readonly trustDomain: string
  readonly isDevelopment: boolean
  readonly log: Log
  readonly now?: () => Date
  /** 24 when left out. */
  readonly lifeHours?: number
  /** A minute when left out. */
  readonly checkMs?: number
  /** Longer than services take to see changed files, which is also the default. */
  readonly settleMs?: number
}

export interface DevelopmentAuthority {
  /** Where the credentials of a service are, for `fileCredentials`. */
  directoryOf(service: string): string
  /** Gives each service a certificate that will do for more than half of its life, if it has none. */
  issueFor(services: readonly string[]): Promise<void>
  /** `issueFor` now and from time to time, until the function that it returns is called. Does not keep the process alive. */
  keepIssued(services: readonly string[]): Promise<() => void>
  /**
   * Puts another authority in the place of this one: first both are believed, then the new one signs, then it alone is believed.
   * Between these steps running services get the time to see the files. What was interrupted is taken up by the next rotation.
   */
  rotateAuthority(): Promise<void>
}

/** Loaded when something is to be signed: services whose certificates are good, or come from elsewhere, never need it. */
const signer = () => import("./authority.ts")

const textOf = ({ key, certificate }: Authority): string => `${key}\n${certificate}\n`

function authorityIn(text: string): Authority {
  const [key] = pemBlocks(text, "PRIVATE KEY")
  const [certificate] = pemBlocks(text, "CERTIFICATE")
  if (key === undefined || certificate === undefined)
    throw new TypeError("This is not an authority's key and certificate.")
  return { key, certificate }
}

const endOf = (certificate: string): number => certificatesIn(certificate)[0]?.validToDate.getTime() ?? 0

const isBy = (certificate: string, authority: Authority): boolean => {
  const [leaf] = certificatesIn(certificate)
  const [issuer] = certificatesIn(authority.certificate)
  return issuer !== undefined && leaf?.verify(issuer.publicKey) === true
}

/** @throws `program.misconfigured` in production */
export async function openDevelopmentAuthority(options: DevelopmentAuthorityOptions): Promise<DevelopmentAuthority> {
  const { directory, trustDomain, isDevelopment, log, now = () => new Date() } = options
  const { lifeHours = LIFE_HOURS, checkMs = CHECK_MS, settleMs = SETTLE_MS } = options
  if (!isDevelopment) {
    const mistakes = [
      "The certificates of a development fleet are refused with NODE_ENV=production: give each service files of its own.",
    ]
    throw new ArchipelError("program.misconfigured", { mistakes })
  }
  const lifeMs = lifeHours * 3_600_000
  const signingFile = join(directory, "signing.pem")
  const nextFile = join(directory, "next.pem")
  const formerFile = join(directory, "former.pem")
  const directoryOf = (service: string): string => join(directory, service)

  const newAuthority = async (): Promise<string> => {
    const { createAuthority } = await signer()
    return textOf(await createAuthority(trustDomain, now()))
  }
  const newKey = async (): Promise<string> => (await signer()).createKey()
  const signingNow = async (): Promise<Authority> => authorityIn(await readOrMake(signingFile, newAuthority))
  /** The certificates of all authorities that are believed. */
  const believedNow = async (): Promise<string> => {
    const texts = await Promise.all([signingFile, nextFile, formerFile].map(readPrivate))
    return [...new Set(texts.flatMap((text = "") => pemBlocks(text, "CERTIFICATE")))].join("\n")
  }

  /** Answers whether anything had to be written. */
  const issueForOne = async (service: string): Promise<boolean> => {
    const [keyFile, certificateFile, authoritiesFile] = ["key.pem", "certificate.pem", "authorities.pem"].map((name) =>
      join(directoryOf(service), name),
    ) as [string, string, string]
    const key = await readOrMake(keyFile, newKey)
    const signing = await signingNow()
    const authorities = await believedNow()
    // First, so that no certificate is shown to services that do not believe in its authority.
    const isKnown = (await readPrivate(authoritiesFile)) === authorities
    if (!isKnown) await replacePrivate(authoritiesFile, authorities)
    const certificate = (await readPrivate(certificateFile)) ?? ""
    const isGood =
      pairMistakes({ key, certificate, authorities }, { service, trustDomain, now: now() }).length === 0 &&
      isBy(certificate, signing) &&
      endOf(certificate) - now().getTime() > lifeMs * (1 - RENEW_AFTER)
    if (isGood) return !isKnown
    const { issue } = await signer()
    const issued = await issue(signing, { trustDomain, service, now: now(), hours: lifeHours, key })
    await replacePrivate(certificateFile, issued.certificate)
    return true
  }
  const issueForEach = async (services: readonly string[]): Promise<boolean> =>
    (await Promise.all(services.map(issueForOne))).includes(true)
  const issueForAll = async (): Promise<boolean> => {
    const entries = await readdir(directory, { withFileTypes: true })
    return issueForEach(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name))
  }
  const issueFor = async (services: readonly string[]): Promise<void> => void (await issueForEach(services))
  /** Until all files are as they should be, and services have had the time to see that. */
  const settle = async (): Promise<void> => {
    await issueForAll()
    do await delay(settleMs)
    while (await issueForAll())
  }

  const rotate = async (): Promise<void> => {
    const next = authorityIn(await readOrMake(nextFile, newAuthority))
    await settle()
    const signing = await signingNow()
    if (signing.certificate !== next.certificate) {
      await replacePrivate(formerFile, signing.certificate)
      await replacePrivate(signingFile, textOf(next))
    }
    await rm(nextFile, { force: true })
    await settle()
    await rm(formerFile, { force: true })
    await settle()
    log.info("the development authority was replaced", { directory })
  }
  let rotating: Promise<void> | undefined
  const rotateAuthority = (): Promise<void> => {
    rotating ??= rotate().finally(() => {
      rotating = undefined
    })
    return rotating
  }

  // Nobody believes in an authority that has expired, so that nobody misses it.
  if (endOf((await signingNow()).certificate) <= now().getTime()) await rm(signingFile, { force: true })
  await signingNow()

  return {
    directoryOf,
    issueFor,
    rotateAuthority,
    async keepIssued(services) {
      const failed = (error: unknown): void => log.error("certificates could not be renewed", error)
      const check = async (): Promise<void> => {
        await issueFor(services)
        if (endOf((await signingNow()).certificate) - now().getTime() < AUTHORITY_REST_MS) await rotateAuthority()
      }
      await issueFor(services)
      const checking = setInterval(() => void check().catch(failed), checkMs).unref()
      return () => clearInterval(checking)
    },
  }
}
