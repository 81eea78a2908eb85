import {
  action,
  bigint,
  bool,
  choice,
  contract,
  datetime,
  identity as common,
  integer,
  json,
  longText,
  many,
  manyToMany,
  model,
  one,
  text,
} from "@archipel/core"

/** People who get the same roles. Roles are declared by the services and given to groups, never to single users. */
const group = model(
  {
    name: text({ maxLength: 100 }).unique(),
    description: text().optional(),
    members: manyToMany("identity.User"),
    serviceAccounts: manyToMany("identity.ServiceAccount"),
    assignments: many("identity.Assignment", "holder").owned(),
  },
  { title: "name", discussion: false },
)

/** One role given to one group: everywhere, or for the records of some companies only. */
const assignment = model(
  {
    holder: one("identity.Group", { onDelete: "cascade" }).label("Group"),
    role: text({ maxLength: 100 }).label("Role, such as sales.manager"),
    companies: manyToMany("identity.Company"),
  },
  { title: "role", discussion: false, unique: [["holder", "role"]] },
)

/** A program that works in its own name: a service, a connector, a job of a partner. */
const serviceAccount = model(
  { name: text({ maxLength: 100 }).unique(), description: text().optional(), active: bool().default(true) },
  { title: "name", discussion: false },
)

/** An application that people log in to, or that gets tokens for a service account. */
const client = model(
  {
    clientId: text({ maxLength: 100 }).unique(),
    name: text(),
    kind: choice("web", "native", "service"),
    /** No consent is asked for, and its sessions get refresh tokens. */
    firstParty: bool().default(false),
    active: bool().default(true),
    redirectUris: json().optional(),
    postLogoutRedirectUris: json().optional(),
    backchannelLogoutUri: text({ maxLength: 2_000 }).optional(),
    /** Public keys (RFC 7517) for `private_key_jwt`. */
    jwks: json().optional(),
    /** Only for clients that cannot sign: a web client's shared secret, as its SHA-256. */
    secretHash: text().optional(),
    /** Services that it may ask for a user, by name. */
    mayCall: json().optional(),
    serviceAccount: one("identity.ServiceAccount").optional(),
  },
  { title: "name", discussion: false },
)

/** What proves that somebody is a user. The secret is never read through the interface. */
const credential = model(
  {
    user: one("identity.User", { onDelete: "cascade" }),
    kind: choice("password", "totp", "recovery", "passkey"),
    label: text({ maxLength: 100 }).optional(),
    /** A passkey's id; unique among all of them. */
    externalKey: text().optional().unique(),
    secret: longText(),
    /** A passkey's signature counter, or the last time step of a TOTP code that was used. */
    counter: bigint().default("0"),
    confirmed: bool().default(true),
    lastUsedAt: datetime().optional(),
  },
  { title: "kind", discussion: false },
)

/** A browser in which a user is logged in. */
const session = model(
  {
    user: one("identity.User", { onDelete: "cascade" }),
    /** The `sid` of tokens. */
    sid: text().unique(),
    device: text().optional(),
    network: text({ maxLength: 60 }).optional(),
    lastSeenAt: datetime(),
    expiresAt: datetime(),
    /** How the user proved who they are (RFC 8176). */
    methods: text({ maxLength: 100 }),
    endedAt: datetime().optional(),
  },
  {
    title: "device",
    discussion: false,
    index: [["user", "-lastSeenAt"]],
    actions: { end: action({}, {}, { label: "End the session" }) },
  },
)

/** A user's account at another issuer, known by issuer and subject and never by e-mail address. */
const externalLogin = model(
  { user: one("identity.User", { onDelete: "cascade" }), issuer: text(), subject: text(), email: text().optional() },
  { title: "issuer", discussion: false, unique: [["issuer", "subject"]] },
)

/** A link in a mail that works once: its SHA-256, never the link. */
const link = model(
  {
    user: one("identity.User", { onDelete: "cascade" }).optional(),
    kind: choice("verify", "register", "reset", "invite", "change", "login", "restore"),
    hash: text().unique(),
    email: text({ maxLength: 254 }).optional(),
    expiresAt: datetime().index(),
    usedAt: datetime().optional(),
  },
  { title: "kind", discussion: false },
)

/** A mail that waits to be sent; its text is encrypted, for it may hold a link. Gone when it is sent. */
const outgoingMail = model(
  {
    recipient: text({ maxLength: 254 }),
    subject: text({ maxLength: 200 }),
    content: longText(),
    tries: integer().default(0),
    sendAt: datetime().index(),
    expiresAt: datetime(),
  },
  { title: "subject", discussion: false },
)

/** Failed attempts of one account from one network, for lockout and rate limits. */
const attempt = model(
  { key: text().unique(), failures: integer().default(0), windowEndsAt: datetime().index() },
  { title: "key", discussion: false },
)

/** What the protocol keeps: codes, refresh tokens, grants, interactions. Handles are kept as SHA-256, contents encrypted. */
const artifact = model(
  {
    kind: text({ maxLength: 40 }),
    handle: text().unique(),
    grantId: text().optional().index(),
    /** The session (`sid`) that it lives in. */
    uid: text().optional().index(),
    /** The user whom it speaks for. */
    account: text().optional().index(),
    payload: longText(),
    consumedAt: datetime().optional(),
    expiresAt: datetime().optional().index(),
  },
  { title: "kind", discussion: false },
)

/** A key that signs tokens; the private part is encrypted. Old ones stay published until their last token expired. */
const signingKey = model(
  {
    kid: text().unique(),
    publicKey: json(),
    privateKey: longText(),
    signsFrom: datetime(),
    signsUntil: datetime(),
    publishedUntil: datetime(),
  },
  { title: "kid", discussion: false },
)

/** A state of a list that somebody keeps: its filters, columns and order as the user interface has them. */
const favourite = model(
  {
    name: text({ maxLength: 100 }),
    /** Of the records in the list: "sales.Order". */
    model: text({ maxLength: 120 }).index(),
    state: json(),
    owner: one("identity.User", { onDelete: "cascade" }).default("me"),
    audience: choice("self", "group", "everybody").default("self"),
    /** Whose members see it, where that is the audience. */
    sharedWith: one("identity.Group", { onDelete: "cascade" }).optional(),
    /** The list opens so for its owner. */
    isDefault: bool().default(false),
  },
  { title: "name", discussion: false },
)

/** What somebody chose for themselves: widths of columns, density, theme. */
const setting = model(
  {
    user: one("identity.User", { onDelete: "cascade" }).default("me"),
    key: text({ maxLength: 200 }),
    value: json(),
  },
  { title: "key", unique: [["user", "key"]], discussion: false },
)

declare module "@archipel/core" {
  interface IdentityModels {
    readonly Group: typeof group
    readonly Assignment: typeof assignment
    readonly ServiceAccount: typeof serviceAccount
    readonly Client: typeof client
    readonly Credential: typeof credential
    readonly Session: typeof session
    readonly ExternalLogin: typeof externalLogin
    readonly Link: typeof link
    readonly OutgoingMail: typeof outgoingMail
    readonly Attempt: typeof attempt
    readonly Artifact: typeof artifact
    readonly SigningKey: typeof signingKey
    readonly Favourite: typeof favourite
    readonly Setting: typeof setting
  }
}

/** The whole contract of the identity service: what everybody may refer to, and what is its own. */
export const identity = contract("identity", {
  roles: common.roles,
  models: {
    ...common.models,
    Group: group,
    Assignment: assignment,
    ServiceAccount: serviceAccount,
    Client: client,
    Credential: credential,
    Session: session,
    ExternalLogin: externalLogin,
    Link: link,
    OutgoingMail: outgoingMail,
    Attempt: attempt,
    Artifact: artifact,
    SigningKey: signingKey,
    Favourite: favourite,
    Setting: setting,
  },
})
