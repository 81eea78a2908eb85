import type { Page } from "playwright-core"

/** The users of development. */
export type Person = "alice" | "martin" | "clara" | "oscar"

/** Of all of them. */
const PASSWORD = "archipel"

/** Fills in the login that a page of the admin has led to, and waits until it has led back. */
export async function logIn(page: Page, as: Person): Promise<void> {
  await page.getByLabel("E-mail address").fill(`${as}@example.com`)
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
  await page.getByRole("button", { name: "Log in", exact: true }).click()
  await page.waitForURL((address) => address.pathname.startsWith("/admin/"))
}
