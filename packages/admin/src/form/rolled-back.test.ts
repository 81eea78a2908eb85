import { expect, test } from "vitest"
import { openedState, payloadOf, withNewLine, withoutLine, withValue } from "./form-state.ts"
import { expectedRecord, nothingProvisional } from "./provisional.ts"
import { renamedLines, rolledBack } from "./rolled-back.ts"

const record = {
  id: "o",
  version: 1,
  note: "a",
  freight: "1.00",
  lines: [
    { id: "l1", quantity: 1 },
    { id: "l2", quantity: 2 },
  ],
}
let before = withValue(openedState(record, ["lines"]), { field: "note" }, "mine")
before = withNewLine(before, "lines", "new-1", { quantity: 3 })
before = withoutLine(before, "lines", "l2")
const expected = openedState(expectedRecord(before, nothingProvisional), ["lines"])

test("what was sent and what was typed since are both there after a failed save", () => {
  let now = withValue(expected, { field: "freight" }, "2.00")
  now = withValue(now, { list: "lines", line: "new-1", field: "quantity" }, 4)
  now = withNewLine(now, "lines", "new-2", { quantity: 9 })
  expect(payloadOf(rolledBack(before, now), new Set()).values).toEqual({
    note: "mine",
    freight: "2.00",
    lines: [{ id: "l2", $delete: true }, { quantity: 4 }, { quantity: 9 }],
  })
})

test("a line that was made goes on under its new id", () => {
  const now = withValue(expected, { list: "lines", line: "new-1", field: "quantity" }, 4)
  const saved = { ...record, version: 2, lines: [record.lines[0], { id: "l3", quantity: 3 }] }
  const renamed = renamedLines(now, saved, before)
  expect(payloadOf(renamed, new Set()).values).toEqual({ lines: [{ id: "l3", quantity: 4 }] })
})
