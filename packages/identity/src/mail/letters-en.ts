import type { Letters, Notice } from "./letters.ts"

const hello = (name: string): string => (name === "" ? "Hello," : `Hello ${name},`)
const bye = (product: string): string => `This mail was sent automatically by ${product}.`

function happened(notice: Notice): readonly [subject: string, sentence: string] {
  switch (notice.about) {
    case "password_changed":
      return [
        "Your password was changed",
        "The password of your account was changed. You were logged out everywhere else.",
      ]
    case "totp_added":
      return [
        "An authenticator app was added",
        "An authenticator app was added to your account. Logging in now asks for its code.",
      ]
    case "totp_removed":
      return ["The authenticator app was removed", "The authenticator app was removed from your account."]
    case "recovery_codes_renewed":
      return [
        "You have new recovery codes",
        "New recovery codes were made for your account. The old ones no longer work.",
      ]
    case "recovery_code_used":
      return [
        "A recovery code was used",
        `Somebody logged in with one of your recovery codes. You have ${notice.left} left.`,
      ]
    case "passkey_added":
      return ["A passkey was added", `The passkey “${notice.label}” was added to your account.`]
    case "passkey_removed":
      return ["A passkey was removed", `The passkey “${notice.label}” was removed from your account.`]
    case "passkey_copied":
      return [
        "A login was refused",
        `A login with the passkey “${notice.label}” was refused, because the passkey seems to exist twice. If you did not copy it, remove it from your account.`,
      ]
    case "external_linked":
      return ["A way to log in was added", `You can now log in to your account with ${notice.issuer}.`]
    case "external_unlinked":
      return ["A way to log in was removed", `You can no longer log in to your account with ${notice.issuer}.`]
    case "second_factor_guessed":
      return [
        "Somebody knows your password",
        "Somebody entered your correct password several times, followed by wrong codes. Your account is still protected by its second factor, but please choose a new password.",
      ]
  }
}

export const english: Letters = {
  reset: ({ product, name, url }) => ({
    subject: `Choose a new password for ${product}`,
    greeting: hello(name),
    paragraphs: [
      "You asked for a new password. Choose one here; the link works once, for 30 minutes.",
      "If it was not you, ignore this mail: your password stays as it is.",
    ],
    action: { label: "Choose a new password", url },
    closing: bye(product),
  }),
  invitation: ({ product, name, url, by }) => ({
    subject: `Your invitation to ${product}`,
    greeting: hello(name),
    paragraphs: [
      `${by === undefined ? "You have" : `${by} has opened for you`} an account at ${product}. Choose a password to begin; the link works once, for 7 days.`,
      "If you did not expect this, ignore this mail.",
    ],
    action: { label: "Accept the invitation", url },
    closing: bye(product),
  }),
  verification: ({ product, name, url }) => ({
    subject: "Confirm your e-mail address",
    greeting: hello(name),
    paragraphs: [
      `Please confirm that this address belongs to your account at ${product}. The link works once, for 24 hours.`,
      "If you have no account there, ignore this mail.",
    ],
    action: { label: "Confirm the address", url },
    closing: bye(product),
  }),
  registration: ({ product, url }) => ({
    subject: `Your account at ${product}`,
    greeting: hello(""),
    paragraphs: [
      `Somebody, probably you, wants to open an account at ${product} with this address. Continue here; the link works once, for 24 hours.`,
      "If it was not you, ignore this mail: nothing was created.",
    ],
    action: { label: "Open the account", url },
    closing: bye(product),
  }),
  registered: ({ product, name, url }) => ({
    subject: `You have an account at ${product}`,
    greeting: hello(name),
    paragraphs: [
      `Somebody, probably you, wanted to open an account at ${product} with this address. You have one already: log in, or choose a new password if you forgot it.`,
      "If it was not you, ignore this mail.",
    ],
    action: { label: "Log in", url },
    closing: bye(product),
  }),
  login: ({ product, name, url }) => ({
    subject: `Log in to ${product}`,
    greeting: hello(name),
    paragraphs: [
      "This link logs you in. It works once, for 15 minutes.",
      "If you did not ask for it, ignore this mail and pass the link to nobody.",
    ],
    action: { label: "Log in", url },
    closing: bye(product),
  }),
  change: ({ product, name, url }) => ({
    subject: "Confirm your new e-mail address",
    greeting: hello(name),
    paragraphs: [
      `Please confirm that your account at ${product} should use this address from now on. The link works once, for 30 minutes.`,
      "If you did not ask for this, ignore this mail.",
    ],
    action: { label: "Use this address", url },
    closing: bye(product),
  }),
  changeAsked: ({ product, name, newEmail, url }) => ({
    subject: "Your e-mail address is about to change",
    greeting: hello(name),
    paragraphs: [
      `Somebody, probably you, asked that your account at ${product} use the address ${newEmail}. Nothing has changed yet.`,
      "If it was not you, somebody else can get into your account: choose a new password now.",
    ],
    action: { label: "Review your account", url },
    closing: bye(product),
  }),
  changed: ({ product, name, newEmail, url }) => ({
    subject: "Your e-mail address was changed",
    greeting: hello(name),
    paragraphs: [
      `Your account at ${product} now uses the address ${newEmail}. If you wanted this, there is nothing to do.`,
      "If it was not you, take your account back with the button: it gets this address again, everybody is logged out, and you choose a new password. This works once, for 7 days.",
    ],
    action: { label: "This was not me", url },
    closing: bye(product),
  }),
  changeTaken: ({ product, name, url }) => ({
    subject: "Another account asked for your e-mail address",
    greeting: hello(name),
    paragraphs: [
      `Somebody wanted to use this address for another account at ${product}. It belongs to your account, so nothing was changed.`,
      "If that was you, log in to the account that has this address already.",
    ],
    action: { label: "Log in", url },
    closing: bye(product),
  }),
  notice: ({ product, name, notice, at, url }) => {
    const [subject, sentence] = happened(notice)
    return {
      subject,
      greeting: hello(name),
      paragraphs: [
        sentence,
        `It happened at ${at}. If it was you, there is nothing to do.`,
        "If it was not you, choose a new password now and look at where you are logged in.",
      ],
      action: { label: "Review your account", url },
      closing: bye(product),
    }
  },
}
