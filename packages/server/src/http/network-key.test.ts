import assert from "node:assert/strict"
import { describe, test } from "vitest"
import { clientAddress, networkKey, proxyHops } from "./network-key.ts"

describe("the key of a network", () => {
  test("is an IPv4 address, also where it comes dressed as IPv6", () => {
    for (const address of [
      "192.0.2.7",
      "::ffff:192.0.2.7",
      "::FFFF:C000:0207",
      "64:ff9b::192.0.2.7",
      "2002:c000:207::1",
    ])
      assert.equal(networkKey(address), "192.0.2.7", address)
  })

  test("is the first half of an IPv6 address, however it is written", () => {
    for (const address of [
      "2001:db8:1:2:3:4:5:6",
      "2001:0DB8:0001:0002::1",
      "2001:db8:1:2::",
      "[2001:db8:1:2::9]",
      "2001:db8:1:2:ffff:ffff:192.0.2.7",
      "2001:db8:1:2::1%eth0",
    ])
      assert.equal(networkKey(address), "2001:db8:1:2::/64", address)
    assert.notEqual(networkKey("2001:db8:1:3::1"), networkKey("2001:db8:1:2::1"))
    assert.equal(networkKey("::1"), "0:0:0:0::/64")
  })

  test("is one for everything that is no address", () => {
    for (const address of [undefined, "", "localhost", "192.0.2.7.evil", "1.2.3", "3232235777", "0x7f.1", "192.0.2.07"])
      assert.equal(networkKey(address), "unknown", String(address))
  })
})

describe("the client behind proxies", () => {
  test("is the socket without proxies, whatever the header says", () => {
    assert.equal(clientAddress("192.0.2.1", "203.0.113.9", 0), "192.0.2.1")
  })

  test("is what the outermost of our proxies saw; what the client says itself does not count", () => {
    assert.equal(clientAddress("10.0.0.1", "203.0.113.9", 1), "203.0.113.9")
    assert.equal(clientAddress("10.0.0.1", "6.6.6.6, 203.0.113.9", 1), "203.0.113.9")
    assert.equal(clientAddress("10.0.0.1", ["6.6.6.6", "203.0.113.9, 10.0.0.2"], 2), "203.0.113.9")
    assert.equal(clientAddress("10.0.0.1", "203.0.113.9:4711", 1), "203.0.113.9")
    assert.equal(clientAddress("10.0.0.1", "[2001:db8::1]:4711", 1), "2001:db8::1")
  })

  test("is unknown for a request that came around the proxies", () => {
    assert.equal(clientAddress("10.0.0.1", undefined, 1), undefined)
    assert.equal(clientAddress("10.0.0.1", "203.0.113.9", 2), undefined)
  })

  test("a setting that is no number of proxies is refused", () => {
    assert.equal(proxyHops({}), 0)
    assert.equal(proxyHops({ ARCHIPEL_PROXY_HOPS: "2" }), 2)
    for (const text of ["-1", "1.5", "all", "11", "1e1"])
      assert.throws(() => proxyHops({ ARCHIPEL_PROXY_HOPS: text }), /ARCHIPEL_PROXY_HOPS/, text)
  })
})
