/** What the build reads and writes in a package.json. */

export interface PackageManifest {
  readonly name: string
  readonly files?: readonly string[]
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
}

const sourceCondition = "@archipel/source"

/**
 * The chosen packages and what they depend on, dependencies first; all packages when none is named.
 * A package is named with or without `@archipel/`.
 *
 * @throws Error when a named package does not exist.
 */
export function inBuildOrder(
  manifests: readonly PackageManifest[],
  names: readonly string[] = manifests.map(({ name }) => name),
): readonly PackageManifest[] {
  const byName = new Map(manifests.map((manifest) => [manifest.name, manifest]))
  const order = new Set<PackageManifest>()
  const visited = new Set<string>()
  const add = (manifest: PackageManifest): void => {
    if (visited.has(manifest.name)) return
    visited.add(manifest.name)
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const dependency = byName.get(name)
      if (dependency !== undefined) add(dependency)
    }
    order.add(manifest)
  }
  for (const name of names) {
    const manifest = byName.get(name) ?? byName.get(`@archipel/${name}`)
    if (manifest === undefined) throw new Error(`There is no package ${name} with sources`)
    add(manifest)
  }
  return [...order]
}

/** The manifest as it is published: without the condition for sources, which the tarball leaves out, and without what is for developers. */
export function publishedManifest(manifest: PackageManifest): PackageManifest {
  const { devDependencies: _devDependencies, scripts: _scripts, exports, ...rest } = manifest
  if (exports === undefined) return rest
  const published = Object.entries(exports).map(([path, target]) => [
    path,
    typeof target === "string"
      ? target
      : Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== sourceCondition)),
  ])
  return { ...rest, exports: Object.fromEntries(published) as NonNullable<PackageManifest["exports"]> }
}
