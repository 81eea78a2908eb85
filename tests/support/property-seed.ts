/**
 * Runs before each test file: all property tests of a run share the seed that `npm test` prints,
 * so `ARCHIPEL_SEED=<seed> npm test` repeats it.
 *
 * @module
 */
import { configureGlobal } from "fast-check"
import { propertyRuns, propertySeed } from "./counts.ts"

configureGlobal({ seed: propertySeed, numRuns: propertyRuns })
