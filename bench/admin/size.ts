import { bundleSizes } from "../../tests/admin/bundle.ts"
import type { Check } from "./check.ts"

/** What a browser loads: as it was built, so that once is enough. */
export const size: Check = {
  numbers: [1],
  ofEachSize: false,
  async measure() {
    const { firstList, later } = bundleSizes()
    const largest = later.toSorted((a, b) => b.kb - a.kb)[0]
    return [
      { check: 1, what: "scripts of the first list, gzipped", samples: [firstList.scripts], unit: "KB", goal: 200 },
      { check: 1, what: "styles of the first list, gzipped", samples: [firstList.styles], unit: "KB", goal: 40 },
      {
        check: 1,
        what: `largest of ${later.length} parts that are loaded later (${largest?.chunk ?? "none"})`,
        samples: largest ? [largest.kb] : [],
        unit: "KB",
        goal: 60,
      },
    ]
  },
}
