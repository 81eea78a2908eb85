/** Lists the records of any collection from what its service publishes of itself. */
import { ask, element, problemNote } from "./session.js"

const menu = document.querySelector("#menu")
const main = document.querySelector("main")
const drawer = document.querySelector("dialog")

const COLUMNS = 6
const PAGE = 25
const wide = new Set(["longText", "html", "json", "file", "image", "uuid"])
const numeric = new Set(["integer", "bigint", "decimal", "money"])
const automatic = new Set(["id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy", "externalId"])

const isList = (field) => field.type === "many" || field.type === "manyToMany"
const pathOf = ([name, field]) => (field.type === "one" && field.display ? `${name}.${field.display}` : name)

/** How much a field says in a list: the record's name, what every record has, what follows from it, the rest. */
function rank([name, field], ui) {
  if (name === ui.display) return 0
  if (field.type === "states") return 1
  if ((field.type === "one" || field.type === "date") && !field.optional) return 1
  if (field.type === "money" && field.writtenBy === "compute") return 2
  return field.type === "one" ? 3 : 4
}

/** What is worth a column, the record's name first; the automatic fields never. */
function columnsOf(ui) {
  const fields = Object.entries(ui.fields).filter(
    ([name, f]) => f.read && !isList(f) && !wide.has(f.type) && !automatic.has(name),
  )
  const chosen = fields.toSorted((a, b) => rank(a, ui) - rank(b, ui)).slice(0, COLUMNS)
  const named = chosen.filter(([name]) => name === ui.display)
  return [...named, ...fields.filter((field) => chosen.includes(field) && !named.includes(field))]
}

function shown(value, field) {
  if (value === null || value === undefined) return element("span", { class: "quiet" }, "–")
  if (field.type === "one") return typeof value === "object" ? (value[field.display] ?? value.id ?? "–") : value
  if (field.type === "states" || field.type === "choice") return element("span", { class: "state" }, value)
  if (field.type === "bool") return value ? "yes" : "no"
  if (field.type === "money") return money(value, field.currency)
  if (field.type === "datetime") return new Date(value).toLocaleString()
  if (typeof value === "object") return value.name ?? JSON.stringify(value)
  return String(value)
}

/** Digits are grouped in the text itself: an amount is never a floating-point number. */
function money(value, currency) {
  const [, sign = "", whole = value, rest = ""] = /^(-?)(\d+)((?:\.\d+)?)$/.exec(value) ?? []
  return `${sign}${whole.replaceAll(/\B(?=(\d{3})+$)/g, "\u2009")}${rest}${currency ? ` ${currency}` : ""}`
}

function table(columns, rows, options = {}) {
  const head = columns.map(([name, field]) => {
    const label = field.label
    if (!options.sort)
      return element("th", { scope: "col", class: numeric.has(field.type) ? "number" : undefined }, label)
    const mark = options.order === name ? " ↑" : options.order === `-${name}` ? " ↓" : ""
    return element(
      "th",
      { scope: "col", class: numeric.has(field.type) ? "number" : undefined },
      field.type === "one"
        ? label
        : element("button", { type: "button", onclick: () => options.sort(name) }, label + mark),
    )
  })
  const body = rows.map((row) => {
    const cells = columns.map(([name, field]) =>
      element("td", { class: numeric.has(field.type) ? "number" : undefined }, shown(row[name], field)),
    )
    if (!options.open) return element("tr", {}, ...cells)
    const open = () => options.open(row)
    const onkeydown = (event) => {
      if (event.key === "Enter") open()
    }
    return element("tr", { tabindex: "0", "data-id": row.id, onclick: open, onkeydown }, ...cells)
  })
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body))
}

const model = (collection) => ask(`${collection}/$ui`)

/** The records with names for what they refer to; without them, should a name not be there to be asked for. */
async function page(ui, columns, params) {
  const query = (paths) => {
    const search = new URLSearchParams(params)
    search.set("select", [...new Set(["id", ...paths])].join(","))
    return ask(`${ui.collection}?${search}`)
  }
  try {
    return await query(columns.map(pathOf))
  } catch (error) {
    if (error.problem?.status !== 400 && error.problem?.status !== 503) throw error
    return query(columns.map(([name]) => name))
  }
}

async function openRecord(ui, id) {
  drawer.replaceChildren(element("p", { class: "quiet" }, "Loading…"))
  drawer.showModal()
  try {
    const plain = Object.entries(ui.fields).filter(([, f]) => f.read && !isList(f))
    const lists = Object.entries(ui.fields).filter(([, f]) => f.read && f.type === "many" && f.owned)
    const targets = await Promise.all(lists.map(([, f]) => model(f.collection)))
    const lineColumns = targets.map((target, i) => columnsOf(target).filter(([name]) => name !== lists[i][1].by))
    const select = [
      ...plain.map(pathOf),
      ...lists.flatMap(([name], i) => lineColumns[i].map((column) => `${name}.${pathOf(column)}`)),
    ]
    const record = await ask(`${ui.collection}/${id}?select=${encodeURIComponent(select.join(","))}`)
    const close = element("button", { type: "button", onclick: () => drawer.close() }, "Close")
    const facts = plain
      .filter(([name]) => !automatic.has(name) || name === "createdAt" || name === "updatedAt")
      .flatMap(([name, field]) => [element("dt", {}, field.label), element("dd", {}, shown(record[name], field))])
    drawer.replaceChildren(
      element(
        "header",
        {},
        element("div", {}, element("div", { class: "quiet" }, ui.title), element("h2", {}, record[ui.display] ?? id)),
        close,
      ),
      element("dl", {}, ...facts),
      ...lists.flatMap(([name, field], i) => [
        element("h3", {}, field.label),
        element("div", { class: "sheet" }, table(lineColumns[i], record[name] ?? [])),
      ]),
    )
  } catch (error) {
    drawer.replaceChildren(
      problemNote(error),
      element("button", { type: "button", onclick: () => drawer.close() }, "Close"),
    )
  }
}

async function openCollection(address) {
  const ui = await model(address)
  const columns = columnsOf(ui)
  const body = element("div", { class: "sheet" })
  const count = element("span", { class: "quiet" })
  const search = element("input", {
    type: "search",
    placeholder: `Search ${ui.plural.toLowerCase()}`,
    "aria-label": "Search",
  })
  const previous = element("button", { type: "button", disabled: true }, "Previous")
  const next = element("button", { type: "button", disabled: true }, "Next")
  // Ids grow with time: the newest first.
  let order = "-id"
  let asked = 0

  async function load(cursor = {}) {
    const mine = ++asked
    const params = { limit: String(PAGE), count: "exact", ...cursor }
    if (order) params.orderBy = order
    if (search.value.trim()) params.search = search.value.trim()
    try {
      const answer = await page(ui, columns, params)
      if (mine !== asked) return
      const rows = answer.data
      body.replaceChildren(
        rows.length === 0
          ? element("div", { class: "empty" }, "Nothing here.")
          : table(columns, rows, { sort, order, open: (row) => openRecord(ui, row.id) }),
      )
      count.textContent = answer.count === undefined ? "" : `${answer.count.toLocaleString()} in all`
      next.disabled = !answer.next
      next.onclick = () => load({ after: answer.next })
      previous.disabled = !answer.previous
      previous.onclick = () => load({ before: answer.previous })
    } catch (error) {
      if (mine === asked) body.replaceChildren(problemNote(error))
    }
  }
  function sort(name) {
    order = order === name ? `-${name}` : name
    void load()
  }
  let typing
  search.addEventListener("input", () => {
    clearTimeout(typing)
    typing = setTimeout(load, 200)
  })
  main.replaceChildren(
    element("div", { class: "bar" }, element("div", {}, element("h1", {}, ui.plural), count), search),
    body,
    element("div", { class: "pages" }, previous, next),
  )
  await load()
}

async function start() {
  const { services } = await ask("/api/$ui")
  const indexes = await Promise.all(services.map(({ ui }) => ask(ui)))
  const models = indexes.flatMap((index) => index.models.filter((m) => m.read && !m.lines))
  menu.replaceChildren(
    ...indexes.flatMap((index) => {
      const own = index.models.filter((m) => m.read && !m.lines)
      if (own.length === 0) return []
      return [
        element("h2", {}, index.title),
        ...own.map((m) => element("a", { href: `#${m.collection.slice("/api".length)}` }, m.plural)),
      ]
    }),
  )
  if (models.length === 0) {
    main.replaceChildren(
      element("h1", {}, "Nothing to see"),
      element("p", { class: "quiet" }, "This user has no role in any service."),
    )
    return
  }
  async function show() {
    const wanted = `/api${location.hash.slice(1)}`
    const known =
      models.find((m) => m.collection === wanted) ?? models.find((m) => m.name.endsWith(".Order")) ?? models[0]
    for (const link of menu.querySelectorAll("a")) {
      if (link.getAttribute("href") === `#${known.collection.slice("/api".length)}`)
        link.setAttribute("aria-current", "page")
      else link.removeAttribute("aria-current")
    }
    try {
      await openCollection(known.collection)
    } catch (error) {
      main.replaceChildren(problemNote(error))
    }
  }
  addEventListener("hashchange", show)
  await show()
}

drawer.addEventListener("click", (event) => {
  if (event.target === drawer) drawer.close()
})
start().catch((error) => main.replaceChildren(problemNote(error)))
