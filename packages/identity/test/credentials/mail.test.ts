import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { describe, test } from "vitest"
import { mailOf, plainName } from "../../src/mail/letter.ts"
import { type Letters, lettersIn, type Notice } from "../../src/mail/letters.ts"
import { createMailer } from "../../src/mail/mailer.ts"
import { createPost } from "../../src/mail/post.ts"
import { createSecrets } from "@archipel/server"
import { credentialsProgram } from "./credentials-program.ts"
import { mailServer } from "./mail-server.ts"

const FROM = "Archipel <login@example.com>"
const about = { product: "Archipel", name: "Zoë", url: "https://login.example.com/account/reset/abc" }
const notices: readonly Notice[] = [
  { about: "password_changed" },
  { about: "totp_added" },
  { about: "totp_removed" },
  { about: "recovery_codes_renewed" },
  { about: "recovery_code_used", left: 3 },
  { about: "passkey_added", label: "Key" },
  { about: "passkey_removed", label: "Key" },
  { about: "passkey_copied", label: "Key" },
  { about: "external_linked", issuer: "Company" },
  { about: "external_unlinked", issuer: "Company" },
  { about: "second_factor_guessed" },
]
const all = (letters: Letters) => [
  letters.reset(about),
  letters.invitation(about),
  letters.invitation({ ...about, by: "Ada" }),
  letters.verification(about),
  letters.registration(about),
  letters.registered(about),
  letters.login(about),
  letters.change(about),
  letters.changeAsked({ ...about, newEmail: "new@example.com" }),
  letters.changed({ ...about, newEmail: "new@example.com" }),
  letters.changeTaken(about),
  ...notices.map((notice) => letters.notice({ ...about, notice, at: "1 May 2026" })),
]

describe("letters", () => {
  test("say the same things in both languages, each with its link as text and as a button", () => {
    const [english, french] = [lettersIn("en-GB"), lettersIn("fr-CH")]
    assert.deepEqual(
      [english.language, french.language, lettersIn(null).language, lettersIn("frr").language],
      ["en", "fr", "en", "en"],
    )
    const pairs = all(english.letters).map((letter, index) => [letter, all(french.letters)[index]] as const)
    for (const [one, other] of pairs) {
      assert.notEqual(one.subject, other?.subject)
      assert.equal(one.paragraphs.length, other?.paragraphs.length)
      for (const letter of [one, other]) {
        assert.ok(letter)
        const mail = mailOf("zoe@example.com", letter, "en")
        assert.ok(mail.text.includes(about.url) && mail.html.includes(`href="${about.url}"`))
        assert.ok(mail.subject.length <= 78, mail.subject)
        assert.doesNotMatch(mail.html, /<script|<img|undefined/)
        assert.doesNotMatch(mail.text, /undefined/)
      }
    }
  })

  test("take names for text, whatever they contain", () => {
    const name = '<img src=x onerror="x">\r\nBcc: all@example.com https://evil.example/now'
    const { html, text } = mailOf(
      "a@example.com",
      lettersIn("en").letters.reset({ ...about, name: plainName(name) }),
      "en",
    )
    assert.ok(!html.includes("<img"))
    assert.ok(!/^Bcc:/m.test(text))
    assert.doesNotMatch(text, /evil\.example/)
  })
})

describe("the mailer", () => {
  test("sends through a real server, in text and HTML, to exactly one address", async () => {
    await using server = await mailServer()
    const mailer = createMailer({ SMTP_URL: server.url, MAIL_FROM: FROM }, true)
    const letter = lettersIn("fr").letters.reset(about)
    await mailer.send(mailOf("zoe@example.com", letter, "fr"))
    mailer.close()
    const [mail] = server.mails
    assert.equal(mail?.from, "login@example.com")
    assert.deepEqual(mail?.to, ["zoe@example.com"])
    assert.equal(mail?.subject, letter.subject)
    assert.ok(mail?.text.includes("Bonjour Zoë,"))
    assert.ok(mail?.html.includes('<html lang="fr">'))
    assert.match(mail?.raw ?? "", /Auto-Submitted: auto-generated/)
  })

  test("keeps the last fifty in development without a server", async () => {
    const mailer = createMailer({}, true)
    for (let n = 0; n < 60; n++) await mailer.send({ to: `p${n}@example.com`, subject: "s", text: "t", html: "h" })
    assert.equal(mailer.kept.length, 50)
    assert.equal(mailer.kept[0]?.to, "p59@example.com")
  })

  test("says which setting is missing or wrong, never its value", () => {
    assert.throws(() => createMailer({}, false), /SMTP_URL is not set/)
    assert.throws(() => createMailer({ SMTP_URL: "smtp://mail.example.com" }, false), /MAIL_FROM is not set/)
    for (const url of ["mail.example.com", "http://user:hidden@mail.example.com"])
      assert.throws(
        () => createMailer({ SMTP_URL: url, MAIL_FROM: FROM }, false),
        (error: Error) => /SMTP_URL must be/.test(error.message) && !error.message.includes("hidden"),
      )
  })

  test("sends nothing in the clear outside of development", async () => {
    await using server = await mailServer()
    const mailer = createMailer({ SMTP_URL: server.url, MAIL_FROM: FROM }, false)
    await assert.rejects(mailer.send({ to: "a@example.com", subject: "s", text: "t", html: "h" }), /STARTTLS/)
    mailer.close()
    assert.equal(server.mails.length, 0)
  })
})

describe("mails on their way", () => {
  test("survive a mail server that is away and a restart, are sent once, and are not readable where they wait", async () => {
    await using program = await credentialsProgram()
    await using server = await mailServer()
    server.refuse(1)
    const failures: string[] = []
    const log = { error: (message: string) => void failures.push(message) }
    const secrets = createSecrets(randomBytes(32))
    const start = () =>
      createPost({
        database: program.database,
        mailer: createMailer({ SMTP_URL: server.url, MAIL_FROM: FROM }, true),
        secrets,
        now: () => program.now,
        log,
      })
    const first = start()
    await first.send({ to: "a@example.com", subject: "s", text: "the secret link", html: "h" }, 30)
    await first.settled()
    await first.close()
    assert.equal(server.mails.length, 0)
    assert.deepEqual(failures, ["a mail was not sent"])
    const waiting = await program.database.text({ text: "select string_agg(m::text, ' ') from outgoing_mails m" })
    assert.ok(waiting && !waiting.includes("secret link"))

    program.advance(16)
    const [one, other] = [start(), start()]
    await Promise.all(
      [one, other].map((post) => post.send({ to: "b@example.com", subject: "s", text: "t", html: "h" }, 30)),
    )
    await Promise.all([one.settled(), other.settled()])
    await Promise.all([one.close(), other.close()])
    assert.deepEqual(server.mails.map(({ to }) => to[0]).sort(), ["a@example.com", "b@example.com", "b@example.com"])
    assert.equal(await program.database.text({ text: "select count(*) from outgoing_mails" }), "0")
  })

  test("are not sent when their link no longer works", async () => {
    await using program = await credentialsProgram()
    await using server = await mailServer()
    server.refuse(1)
    const log = { error: () => {} }
    const mailer = createMailer({ SMTP_URL: server.url, MAIL_FROM: FROM }, true)
    const post = createPost({
      database: program.database,
      mailer,
      secrets: createSecrets(randomBytes(32)),
      now: () => program.now,
      log,
    })
    await post.send({ to: "a@example.com", subject: "s", text: "t", html: "h" }, 1)
    await post.settled()
    program.advance(61)
    await post.send({ to: "b@example.com", subject: "s", text: "t", html: "h" }, 1)
    await post.settled()
    await post.close()
    assert.deepEqual(
      server.mails.map(({ to }) => to[0]),
      ["b@example.com"],
    )
    assert.equal(await program.credentials.purge(), 1)
  })
})
