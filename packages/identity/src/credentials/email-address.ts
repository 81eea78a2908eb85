const MAX_LENGTH = 254
const ADDRESS = /^[^\s@<>(),;:"\\[\]]{1,64}@[^\s@<>(),;:"\\[\]]{1,253}$/u

/**
 * The form in which addresses are compared and kept: NFC, lower case, no spaces around. Mail servers that tell upper from lower
 * case are a memory; people who type either are not.
 */
export const normaliseEmail = (email: string): string => email.normalize("NFC").trim().toLowerCase()

/** Whether it is one address that a mail can go to; nothing that a mail program takes for several. */
export const isEmail = (email: string): boolean =>
  email.length <= MAX_LENGTH && ADDRESS.test(email) && !/\p{C}/u.test(email)

/** What follows the last "@". */
export const domainOf = (email: string): string => email.slice(email.lastIndexOf("@") + 1).toLowerCase()
