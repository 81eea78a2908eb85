/**
 * For tests of services: real PostgreSQL, a database for each test, users with their rights, a clock that can be set.
 *
 * ```ts
 * test("a clerk cannot ship", async () => {
 *   await using app = await testService(sales, { fake: { "crm.Customer": [{ id: testId("acme"), name: "Acme" }] } })
 *   const { id } = await app.as("clerk")("sales.Order").create({ customer: testId("acme") })
 *   await assert.rejects(app.as("clerk")("sales.Order").do("ship", id), { code: "access.denied" })
 * })
 * ```
 *
 * @module
 */
export { expectRightsMatrix } from "./expect-rights-matrix.ts"
export { expectPolicy, policyMistakes } from "./policy.ts"
export type { Policy, Probe } from "./policy.ts"
export { testId } from "./test-id.ts"
export { userId } from "./test-user.ts"
export { testService } from "./test-service.ts"
export type { TestApp, TestFetch, TestOptions } from "./test-service.ts"
export type { TestClock } from "./test-clock.ts"
export type { TestUser, Who } from "./test-user.ts"
export type { WrittenEvent, WrittenHistory } from "./records-written.ts"
