/**
 * The requests of a page, run in their order against a program.
 *
 * A block `http` holds one or more requests: a line `METHOD /path`, header lines, and a JSON body up to the next request. Its words:
 * `as=clara` names who asks (alice otherwise); `id=order` keeps the id of the first answer, so that `{order}` stands for it from then on;
 * `line=/lines/0/id` any other value of it, `next=next` and `next=previous` keep its cursor; `same` says that all its requests have the same, not empty, data. The block after it may be the last request's answer: `json 201` with the body, or
 * `http 201` with header lines before it. An answer says only what matters: members it does not name may be there, `"…"` stands
 * for any value, and at the end of a list for any more items. Requests without an answer succeed.
 *
 * @module
 */
import { expect } from "vitest"
import type { Answer, Ask, Json } from "../support/asking.ts"
import { type Block, wordOf } from "./markdown-blocks.ts"

interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** An `http` block with the answer that the page promises. */
export interface Example {
  readonly title: string
  readonly asks: Block
  readonly answer: Block | undefined
}

const isAnswer = ({ language, words }: Block): boolean =>
  (language === "json" || language === "http") && /^\d{3}$/.test(words[0] ?? "")

export function examplesOf(blocks: readonly Block[]): readonly Example[] {
  return blocks.flatMap((asks, i) => {
    if (asks.language !== "http" || isAnswer(asks)) return []
    const next = blocks[i + 1]
    const title = `line ${asks.line}: ${asks.text.split("\n", 1)[0]}`
    return [{ title, asks, answer: next && isAnswer(next) ? next : undefined }]
  })
}

const start = /^(GET|POST|PUT|PATCH|DELETE) (\/\S*)$/
const header = /^([A-Za-z-]+): (.+)$/

function requestsOf(text: string): readonly Request[] {
  const requests: { method: string; path: string; headers: Record<string, string>; body: string[] }[] = []
  for (const line of text.split("\n")) {
    const [, method, path] = start.exec(line) ?? []
    const current = requests.at(-1)
    if (method !== undefined && path !== undefined) requests.push({ method, path, headers: {}, body: [] })
    else if (current === undefined) throw new Error(`"${line}" is no request.`)
    else {
      const [, name, value] = (current.body.length === 0 && header.exec(line)) || []
      if (name !== undefined && value !== undefined) current.headers[name.toLowerCase()] = value
      else current.body.push(line)
    }
  }
  return requests.map(({ body, ...request }) => ({ ...request, body: body.join("\n").trim() || undefined }))
}

/** Where `actual` is not what `expected` says. */
export function differences(actual: Json, expected: Json, path = ""): readonly string[] {
  if (expected === "…") return actual === undefined ? [`${path} is missing`] : []
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${path} is no list: ${JSON.stringify(actual)}`]
    const isOpen = expected.at(-1) === "…"
    const items = isOpen ? expected.slice(0, -1) : expected
    if (isOpen ? actual.length < items.length : actual.length !== items.length) {
      return [`${path} has ${actual.length} items: ${JSON.stringify(actual)}`]
    }
    return items.flatMap((item, i) => differences(actual[i], item, `${path}/${i}`))
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null) return [`${path} is no object: ${JSON.stringify(actual)}`]
    return Object.entries(expected).flatMap(([name, each]) => differences(actual[name], each, `${path}/${name}`))
  }
  return Object.is(actual, expected) ? [] : [`${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`]
}

const at = (json: Json, pointer: string): string =>
  pointer
    .slice(1)
    .split("/")
    .reduce((value, name) => value[name], json)

/** Runs the examples of a page; `names` are what `{name}` stands for, and grow with the `id=` of examples. */
export function exampleRunner(ask: Ask, names: Record<string, string>) {
  const filled = (text: string): string =>
    text.replaceAll(/\{([a-z][A-Za-z0-9]*)\}/g, (whole, name: string) => names[name] ?? whole)

  const send = ({ method, path, headers, body }: Request, as: string | null): Promise<Answer> =>
    ask(filled(path), {
      method,
      as,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, filled(value)])),
      },
      ...(body === undefined ? {} : { body: filled(body) }),
    })

  return async ({ asks, answer }: Example): Promise<void> => {
    const as = wordOf(asks, "as") ?? "alice"
    const answers: Answer[] = []
    const id = wordOf(asks, "id")
    for (const request of requestsOf(asks.text)) {
      answers.push(await send(request, as === "nobody" ? null : as))
      if (id !== undefined && answers.length === 1) names[id] = answers[0]?.json?.id as string
    }
    const last = answers.at(-1) as Answer
    const promised = answer ? Number(answer.words[0]) : undefined
    for (const each of answers) {
      const isRight = each === last && promised !== undefined ? each.status === promised : each.status < 300
      if (!isRight) throw new Error(`${each.status}, not ${promised ?? "2xx"}: ${each.text}`)
    }
    if (asks.words.includes("same")) {
      expect(answers.length).toBeGreaterThan(1)
      expect(last.json.data.length).toBeGreaterThan(0)
      for (const each of answers) expect(each.json).toEqual(last.json)
    }
    for (const word of asks.words) {
      const [, name, pointer] = /^(\w+)=(\/.+)$/.exec(word) ?? []
      if (name !== undefined && pointer !== undefined) names[name] = at(last.json, pointer)
    }
    const cursor = wordOf(asks, "next")
    if (cursor !== undefined) names[cursor] = encodeURIComponent(last.json[cursor] as string)
    if (answer === undefined) return
    const lines = filled(answer.text).split("\n")
    if (answer.language === "http") {
      for (let line = lines[0]; line !== undefined && header.test(line); line = lines[0]) {
        const [, name = "", value = ""] = header.exec(line) ?? []
        const actual = last.headers.get(name)
        expect(actual, `${name} of ${JSON.stringify([...last.headers])}`).not.toBeNull()
        if (value !== "…") expect(`${name}: ${actual}`).toBe(`${name}: ${value}`)
        lines.shift()
      }
    }
    const body = lines.join("\n").trim()
    if (body === "") return
    if (!body.startsWith("{")) expect(last.text.replaceAll("\r\n", "\n").trim()).toBe(body)
    else expect(differences(last.json, JSON.parse(body))).toEqual([])
  }
}
