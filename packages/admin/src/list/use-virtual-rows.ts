import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react"
import { whenIdle } from "../app/when-idle.ts"

/**
 * Which rows of many are in view, all of one height. Browsers cannot scroll further than some 17 million pixels: above `MAX_PX` the
 * scrollbar stands for more than it is long, wheels and keys move by what they say, and far drags by their share of the whole.
 *
 * @module
 */
const MAX_PX = 15_000_000
/** Rows that are kept ready on both sides, and the step in which the range moves, so that not every frame renders. */
const OVERSCAN = 4
const STEP = 4

/** So long nothing may be scrolled until the elements of rows are put in order. */
const REST_MS = 150

export interface ShownRow {
  readonly index: number
  /** Whose elements it has: those of a row that leaves become the ones of a row that comes. */
  readonly slot: number
  /** Where it is, in pixels from the top of the content. */
  readonly top: number
}

export interface VirtualRows {
  readonly first: number
  /** After the last one. */
  readonly end: number
  /**
   * From `first` to `end`. The order is that of their elements in the page: as they follow one another whenever the list rests, for
   * who reads them in order; while it is scrolled no element is moved.
   */
  readonly shown: readonly ShownRow[]
  /** Of the content, in pixels. */
  readonly height: number
  readonly scrollTo: (index: number, where?: "nearest" | "start") => void
}

/** How far a list is scrolled. */
export interface ScrollPlace {
  /** In pixels from the first row. */
  readonly top: number
  /** How many of them the scrollbar does not stand for. */
  readonly shift: number
}

interface Range {
  readonly first: number
  readonly end: number
  readonly shift: number
  readonly slots: number
  /** What `first` was when the list rested, or when it jumped to where none of its rows was. */
  readonly rested: number
}

export function useVirtualRows(options: {
  readonly count: number
  readonly rowHeight: number
  readonly scroller: RefObject<HTMLElement | null>
  /** What covers the content at its top and bottom: header and totals. */
  readonly covered: { readonly top: number; readonly bottom: number }
  /** What is shown; another one begins where `initial` says. */
  readonly of: string
  /** Where to begin. */
  readonly initial: ScrollPlace
}): VirtualRows & { readonly place: () => ScrollPlace } {
  const { count, rowHeight, scroller, covered, of } = options
  const { top: initialTop, shift: initialShift } = options.initial
  const whole = count * rowHeight
  const height = Math.min(whole, MAX_PX)
  const spare = whole - height
  // In whole pixels, as rows lie.
  const shift = useRef(0)
  const last = useRef(0)
  const [range, setRange] = useState<Range>(() => {
    const inView = innerHeight / rowHeight
    return { first: 0, end: Math.ceil(inView), shift: 0, slots: slotsOf(inView), rested: 0 }
  })
  // Rows that nobody sees yet come after those that are seen.
  const overscan = useRef(0)

  const measure = useCallback(() => {
    const element = scroller.current
    if (!element) return
    const { scrollTop, clientHeight } = element
    const view = clientHeight - covered.top - covered.bottom
    const most = Math.max(0, height - view)
    if (spare === 0) shift.current = 0
    else if (scrollTop <= 0) shift.current = 0
    else if (scrollTop >= most - 1) shift.current = spare
    else if (Math.abs(scrollTop - last.current) > 3 * view) shift.current = Math.round((scrollTop / most) * spare)
    last.current = scrollTop
    const top = scrollTop + shift.current
    const first = Math.max(0, Math.floor((Math.floor(top / rowHeight) - overscan.current) / STEP) * STEP)
    const slots = slotsOf(view / rowHeight)
    const end = Math.min(count, overscan.current === 0 ? Math.ceil((top + view) / rowHeight) : first + slots)
    setRange((before) => {
      if (before.first === first && before.end === end && before.shift === shift.current && before.slots === slots)
        return before
      const isJump = Math.abs(first - before.first) >= slots
      return { first, end, shift: shift.current, slots, rested: isJump ? first : before.rested }
    })
  }, [scroller, covered.top, covered.bottom, height, spare, rowHeight, count])

  const latest = useRef(measure)
  useLayoutEffect(() => {
    latest.current = measure
  })
  useEffect(() => {
    const element = scroller.current
    let resting: ReturnType<typeof setTimeout> | undefined
    const rest = (): void => setRange((now) => (now.rested === now.first ? now : { ...now, rested: now.first }))
    const onScroll = (): void => {
      overscan.current = OVERSCAN
      latest.current()
      clearTimeout(resting)
      resting = setTimeout(rest, REST_MS)
    }
    element?.addEventListener("scroll", onScroll, { passive: true })
    void whenIdle().then(onScroll)
    return () => {
      element?.removeEventListener("scroll", onScroll)
      clearTimeout(resting)
    }
  }, [scroller])

  const begun = useRef<string>(undefined)
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    if (begun.current !== of && count > 0) {
      begun.current = of
      shift.current = Math.min(spare, initialShift)
      element.scrollTop = initialTop - shift.current
      last.current = element.scrollTop
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [measure, scroller, count, of, initialTop, initialShift, spare])

  const scrollTo = useCallback(
    (index: number, where: "nearest" | "start" = "nearest") => {
      const element = scroller.current
      if (!element) return
      const view = element.clientHeight - covered.top - covered.bottom
      const top = element.scrollTop + shift.current
      const at = index * rowHeight
      const isIn = at >= top && at + rowHeight <= top + view
      if (where === "nearest" && isIn) return
      const target = where === "start" || at < top ? at : at + rowHeight - view
      if (spare > 0 && Math.abs(target - top) > 3 * view) {
        const most = Math.max(1, whole - view)
        shift.current = Math.round(Math.min(1, target / most) * spare)
      }
      element.scrollTop = target - shift.current
      last.current = element.scrollTop
      measure()
    },
    [scroller, covered.top, covered.bottom, rowHeight, spare, whole, measure],
  )
  const place = useCallback(() => ({ top: last.current + shift.current, shift: shift.current }), [])
  const first = Math.min(range.first, Math.max(0, count - 1))
  const end = Math.min(range.end, count)
  const shown: ShownRow[] = []
  for (let at = 0; at < range.slots; at++) {
    const index = first + modulo(range.rested - first + at, range.slots)
    if (index < end) shown.push({ index, slot: index % range.slots, top: index * rowHeight - range.shift })
  }
  return { first, end, shown, height, scrollTo, place }
}

/** As many as are ever shown at once. */
const slotsOf = (inView: number): number => Math.ceil(inView) + 2 * OVERSCAN + STEP

const modulo = (n: number, by: number): number => ((n % by) + by) % by
