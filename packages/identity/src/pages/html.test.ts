import { expect, test } from "vitest"
import { attributes, type Content, html, textOf, trusted } from "./html.ts"

test("values are escaped, in text and in attributes", () => {
  const evil = `<script>alert("1")</script>'&`
  const text = textOf(html`<p title="${evil}">${evil}</p>`)
  const safe = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"
  expect(text).toBe(`<p title="${safe}">${safe}</p>`)
})

test("what is HTML already, lists and absent values", () => {
  const list: Content = ["a&b", html`<i>${"<"}</i>`, undefined, false, null, 0]
  expect(textOf(html`<p>${list}${trusted("<hr>")}</p>`)).toBe("<p>a&amp;b<i>&lt;</i>0<hr></p>")
})

test("an object that looks like HTML in a request is not", () => {
  const forged = JSON.parse('{"html":"<b>","Symbol(html)":"<b>"}') as never
  expect(() => textOf(html`${forged}`)).toThrow(TypeError)
})

test("attributes are left out, bare or escaped", () => {
  expect(textOf(attributes({ a: undefined, b: false, c: true, d: `"x"`, e: 3 }))).toBe(` c d="&quot;x&quot;" e="3"`)
})
