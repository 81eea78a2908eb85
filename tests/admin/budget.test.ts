/** What a browser loads before it shows a list, as it was built. */
import { expect, test } from "vitest"
import { bundleSizes } from "./bundle.ts"

const { firstList, later } = bundleSizes()

test("the first list needs at most 200 KB of scripts and 40 KB of styles", () => {
  const { scripts, styles } = firstList
  console.log(`first list: ${scripts.toFixed(1)} KB of scripts, ${styles.toFixed(1)} KB of styles, gzipped`)
  expect(scripts).toBeLessThanOrEqual(200)
  expect(styles).toBeLessThanOrEqual(40)
})

test("each part that is loaded later has at most 60 KB", () => {
  expect(later.length).toBeGreaterThan(0)
  expect(later.filter(({ kb }) => kb > 60)).toEqual([])
})
