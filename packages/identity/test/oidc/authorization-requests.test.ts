import * as client from "openid-client"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  type Browser,
  configOf,
  locationOf,
  logIn,
  type ProtocolProgram,
  protocolProgram,
  request,
  through,
  tokenRequest,
} from "./protocol-program.ts"

let program: ProtocolProgram
let browser: Browser
beforeAll(async () => {
  program = await protocolProgram()
  browser = (await logIn(program)).browser
})
afterAll(() => program[Symbol.asyncDispose]())

const callback = (): string => `${program.url}/auth/callback`

/** An authorization request of a browser that is logged in, with some parameters changed or left out. */
async function ask(changes: Readonly<Record<string, string | undefined>>, id = "gateway"): Promise<Response> {
  const { url } = await request(await configOf(program, id), {
    redirect_uri: id === "gateway" ? callback() : "https://partner.example/other",
    scope: "openid",
  })
  const changed = new URL(url)
  for (const [name, value] of Object.entries(changes))
    if (value === undefined) changed.searchParams.delete(name)
    else changed.searchParams.set(name, value)
  return browser.go(changed.href)
}

describe("T21 requests to log somebody in", () => {
  describe("a redirect address that is not exactly a registered one is an error page and no redirect", () => {
    const variants: Readonly<Record<string, (uri: string) => string>> = {
      "with a suffix": (uri) => `${uri}/evil`,
      "with a suffix in the name": (uri) => `${uri}evil`,
      "with a slash more": (uri) => `${uri}/`,
      "with a query": (uri) => `${uri}?next=https://evil.example`,
      "with user information": (uri) => uri.replace("://", "://user@"),
      "with the host as user information": (uri) => uri.replace(/:\/\/([^/]+)/, "://$1@evil.example"),
      "with another port": (uri) => uri.replace(/:\d+\//, ":1/"),
      "with the port left out": (uri) => uri.replace(/:\d+\//, "/"),
      "with another scheme": (uri) => uri.replace("http:", "https:"),
      "with another host": (uri) => uri.replace("127.0.0.1", "evil.example"),
      "with a host that ends alike": (uri) => uri.replace("127.0.0.1", "evil-127.0.0.1.example"),
      "with the other name of the host": (uri) => uri.replace("127.0.0.1", "localhost"),
      encoded: (uri) => uri.replace("/callback", "/%63allback"),
      "with dots": (uri) => uri.replace("/auth/", "/auth/../auth/"),
      "with encoded dots": (uri) => uri.replace("/auth/", "/auth/%2e%2e/auth/"),
      "with a backslash": (uri) => uri.replace("/auth/", "\\auth/"),
      "in capitals": (uri) => uri.replace("/auth/", "/AUTH/"),
      "with a fragment": (uri) => `${uri}#access`,
      "with a line break": (uri) => `${uri}\r\nLocation: https://evil.example`,
      "with a space before": (uri) => ` ${uri}`,
      "as a script": () => "javascript:alert(1)",
      empty: () => "",
    }
    for (const [name, change] of Object.entries(variants))
      test(name, async () => {
        const response = await ask({ redirect_uri: change(callback()) })
        expect(response.status).toBe(400)
        expect(response.headers.get("location")).toBeNull()
        const page = await response.text()
        expect(page).toContain("<!doctype html>")
        expect(page).not.toContain("evil")
      })

    test("left out, though only one is registered", async () => {
      const response = await ask({ redirect_uri: undefined })
      expect([response.status, response.headers.get("location")]).toEqual([400, null])
    })

    test("twice", async () => {
      const { url } = await request(await configOf(program), { redirect_uri: callback(), scope: "openid" })
      const response = await browser.go(`${url}&redirect_uri=${encodeURIComponent("https://evil.example/")}`)
      expect([response.status, response.headers.get("location")]).toEqual([400, null])
    })

    test("of another client", async () => {
      const response = await ask({ redirect_uri: "https://partner.example/other" })
      expect([response.status, response.headers.get("location")]).toEqual([400, null])
    })

    test("another registered one than the code was asked for", async () => {
      const config = await configOf(program, "partner")
      const { url, checks } = await request(config, { redirect_uri: "https://partner.example/other", scope: "openid" })
      const code = new URL(locationOf(await through(program, browser, url))).searchParams.get("code") ?? ""
      const fields = { grant_type: "authorization_code", code, code_verifier: checks.pkceCodeVerifier ?? "" }
      const credentials = ["partner", "partner-secret-of-this-test-0123456789"] as const
      for (const wrong of [{ redirect_uri: "https://partner.example/callback?a=1" }, {}])
        expect(
          (await tokenRequest(program, { ...fields, ...wrong } as Record<string, string>, credentials)).status,
        ).toBe(400)
    })

    test("on another port of this machine, but for programs on somebody's device, which cannot know theirs", async () => {
      const { id } = await program.db("identity.Client").create({
        clientId: "terminal",
        name: "Terminal",
        kind: "native",
        redirectUris: ["http://127.0.0.1/done"] as never,
        mayCall: ["identity"] as never,
      })
      const native = new URL(
        (
          await request(await configOf(program, "terminal", undefined), {
            redirect_uri: "http://127.0.0.1:53682/done",
            scope: "openid",
          })
        ).url,
      )
      // It is asked for consent every time: nothing proves that it is what it says (RFC 8252).
      for (let time = 0; time < 2; time++) {
        const step = await browser.go(native.href)
        expect(locationOf(step)).toContain("/account/consent/")
      }
      native.searchParams.set("redirect_uri", "http://127.0.0.1:53682/other")
      expect((await browser.go(native.href)).status).toBe(400)
      native.searchParams.set("redirect_uri", "http://evil.example:53682/done")
      expect((await browser.go(native.href)).status).toBe(400)
      await program.db("identity.Client").delete(id)
    })
  })

  describe("a proof key (PKCE) is asked of every client, also of those with a secret", () => {
    const refusedWith = async (changes: Readonly<Record<string, string | undefined>>): Promise<string | null> =>
      new URL(locationOf(await ask(changes))).searchParams.get("error")

    test("missing", async () => {
      expect(await refusedWith({ code_challenge: undefined, code_challenge_method: undefined })).toBe("invalid_request")
    })
    test("plain, said or meant", async () => {
      expect(await refusedWith({ code_challenge_method: "plain" })).toBe("invalid_request")
      expect(await refusedWith({ code_challenge_method: undefined })).toBe("invalid_request")
    })
    test("malformed", async () => {
      expect(await refusedWith({ code_challenge: "short" })).toBe("invalid_request")
    })

    const redeem = async (verifier: (right: string) => string | undefined): Promise<unknown> => {
      const { url, checks } = await request(await configOf(program), { redirect_uri: callback(), scope: "openid" })
      const code = new URL(locationOf(await browser.go(url))).searchParams.get("code") ?? ""
      const given = verifier(checks.pkceCodeVerifier ?? "")
      const response = await tokenRequest(program, {
        grant_type: "authorization_code",
        code,
        redirect_uri: callback(),
        ...(given === undefined ? {} : { code_verifier: given }),
      })
      return ((await response.json()) as { error?: string }).error
    }
    test("another verifier", async () => {
      expect(await redeem((right) => right.replace(/^./, (c) => (c === "a" ? "b" : "a")))).toBe("invalid_grant")
    })
    test("no verifier: the downgrade", async () => {
      expect(await redeem(() => undefined)).toBe("invalid_grant")
    })
    test("the challenge as verifier", async () => {
      expect(await redeem((right) => right.slice(0, 42) + "_")).toBe("invalid_grant")
    })
    test("the right one", async () => {
      expect(await redeem((right) => right)).toBeUndefined()
    })
  })

  describe("what protects an application against answers that are not for it", () => {
    test("state comes back as it was sent, and an answer with another one is refused", async () => {
      const config = await configOf(program)
      const { url, checks } = await request(config, { redirect_uri: callback(), scope: "openid" })
      const back = new URL(locationOf(await browser.go(url)))
      expect(back.searchParams.get("state")).toBe(checks.expectedState)
      await expect(client.authorizationCodeGrant(config, back, { ...checks, expectedState: "other" })).rejects.toThrow()
    })
    test("iss says who answers (RFC 9207), also with an error", async () => {
      const good = new URL(locationOf(await ask({})))
      expect(good.searchParams.get("iss")).toBe(program.provider.issuer)
      const bad = new URL(locationOf(await ask({ scope: "openid unknown:thing", prompt: "none login" })))
      expect([bad.searchParams.get("error"), bad.searchParams.get("iss")]).toEqual([
        "invalid_request",
        program.provider.issuer,
      ])
      const config = await configOf(program)
      const { url, checks } = await request(config, { redirect_uri: callback(), scope: "openid" })
      const mixed = new URL(locationOf(await browser.go(url)))
      mixed.searchParams.set("iss", "https://evil.example")
      await expect(client.authorizationCodeGrant(config, mixed, checks)).rejects.toThrow()
    })
    test("the nonce is in the ID token, and another one is refused", async () => {
      const config = await configOf(program)
      const { url, checks } = await request(config, { redirect_uri: callback(), scope: "openid" })
      const back = new URL(locationOf(await browser.go(url)))
      await expect(client.authorizationCodeGrant(config, back, { ...checks, expectedNonce: "other" })).rejects.toThrow()
    })
  })

  test("other response types than code are refused", async () => {
    for (const type of ["token", "id_token", "code token", "code id_token", "none", "id_token token"]) {
      const response = await ask({ response_type: type })
      const back = response.headers.get("location")
      const error = back === null ? response.status : new URLSearchParams(back.split(/[?#]/)[1]).get("error")
      expect([type, error]).toEqual([type, "unsupported_response_type"])
    }
  })

  test("a code of one client is nothing in the hands of another", async () => {
    const { url, checks } = await request(await configOf(program), { redirect_uri: callback(), scope: "openid" })
    const code = new URL(locationOf(await browser.go(url))).searchParams.get("code") ?? ""
    const stolen = await tokenRequest(
      program,
      {
        grant_type: "authorization_code",
        code,
        redirect_uri: callback(),
        code_verifier: checks.pkceCodeVerifier ?? "",
      },
      ["partner", "partner-secret-of-this-test-0123456789"],
    )
    expect(await stolen.json()).toMatchObject({ error: "invalid_grant" })
  })

  test("clients prove who they are as registered, and with the right secret", async () => {
    const { tokens } = await logIn(program)
    const fields = { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" }
    const { secretHash } = await import("../../src/oidc/clients.ts")
    const secret = "gateway-secret-of-this-test-0123456789"
    for (const [name, credentials, more] of [
      ["wrong secret", ["gateway", "wrong"], {}],
      ["empty secret", ["gateway", ""], {}],
      ["the stored hash as secret", ["gateway", secretHash(secret)], {}],
      ["no secret", null, { client_id: "gateway" }],
      ["secret in the body", null, { client_id: "gateway", client_secret: secret }],
      ["unknown client", ["nobody", secret], {}],
    ] as const) {
      const response = await tokenRequest(program, { ...fields, ...more }, credentials)
      const { error } = (await response.json()) as { error: string }
      expect(`${name}: ${response.status} ${error}`).toMatch(/: (?:401 invalid_client|400 invalid_request)$/)
    }
    expect((await tokenRequest(program, fields)).status).toBe(200)
  })

  test("addresses in answers are the configured ones, whatever a request claims", async () => {
    const { request: send } = await import("node:http")
    const get = (path: string, headers: Record<string, string>): Promise<string> =>
      new Promise((resolve, reject) => {
        send(program.url + path, { headers }, (response) => {
          let text = String(response.headers["location"] ?? "")
          response.on("data", (chunk: Buffer) => (text += String(chunk)))
          response.on("end", () => {
            resolve(text)
          })
        })
          .on("error", reject)
          .end()
      })
    const forged = {
      host: "evil.example",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      forwarded: "host=evil.example",
    }
    expect(await get("/oidc/.well-known/openid-configuration", forged)).not.toContain("evil")
    const { url } = await request(await configOf(program), { redirect_uri: callback(), scope: "openid" })
    expect(await get(url.slice(program.url.length), forged)).not.toContain("evil")
  })

  const PROTECTING = ["x-content-type-options", "x-frame-options", "referrer-policy", "cache-control"]

  test("every answer carries the headers that protect it, and nothing may be kept of it", async () => {
    for (const path of ["/oidc/authorize", "/oidc/token", "/oidc/logout", "/oidc/nothing", "/oidc/jwks", "/oidc"]) {
      const { headers } = await fetch(program.url + path)
      expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect([path, ...PROTECTING.map((name) => headers.get(name))]).toEqual([
        path,
        "nosniff",
        "DENY",
        "no-referrer",
        "no-store",
      ])
    }
    expect((await fetch(`${program.url}/oidc/nothing`)).status).toBe(404)
  })

  test("no other origin may read an answer with somebody's cookies or tokens", async () => {
    for (const path of ["/oidc/userinfo", "/oidc/token", "/oidc/revoke", "/oidc/introspect"]) {
      const { headers } = await fetch(program.url + path, {
        method: "OPTIONS",
        headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
      })
      expect([path, headers.get("access-control-allow-origin")]).toEqual([path, null])
      expect([path, headers.get("access-control-allow-credentials")]).toEqual([path, null])
    }
  })
})
