import type { Letters, Notice } from "./letters.ts"

const hello = (name: string): string => (name === "" ? "Bonjour," : `Bonjour ${name},`)
const bye = (product: string): string => `Ce message a été envoyé automatiquement par ${product}.`

function happened(notice: Notice): readonly [subject: string, sentence: string] {
  switch (notice.about) {
    case "password_changed":
      return [
        "Votre mot de passe a été changé",
        "Le mot de passe de votre compte a été changé. Toutes vos autres sessions ont été fermées.",
      ]
    case "totp_added":
      return [
        "Une application d’authentification a été ajoutée",
        "Une application d’authentification a été ajoutée à votre compte. Son code est désormais demandé à la connexion.",
      ]
    case "totp_removed":
      return [
        "L’application d’authentification a été retirée",
        "L’application d’authentification a été retirée de votre compte.",
      ]
    case "recovery_codes_renewed":
      return [
        "Vous avez de nouveaux codes de secours",
        "De nouveaux codes de secours ont été créés pour votre compte. Les anciens ne fonctionnent plus.",
      ]
    case "recovery_code_used":
      return [
        "Un code de secours a été utilisé",
        `Quelqu’un s’est connecté avec l’un de vos codes de secours. Il vous en reste ${notice.left}.`,
      ]
    case "passkey_added":
      return ["Une clé d’accès a été ajoutée", `La clé d’accès « ${notice.label} » a été ajoutée à votre compte.`]
    case "passkey_removed":
      return ["Une clé d’accès a été retirée", `La clé d’accès « ${notice.label} » a été retirée de votre compte.`]
    case "passkey_copied":
      return [
        "Une connexion a été refusée",
        `Une connexion avec la clé d’accès « ${notice.label} » a été refusée, car cette clé semble exister en double. Si vous ne l’avez pas copiée, retirez-la de votre compte.`,
      ]
    case "external_linked":
      return [
        "Un moyen de connexion a été ajouté",
        `Vous pouvez désormais vous connecter à votre compte avec ${notice.issuer}.`,
      ]
    case "external_unlinked":
      return [
        "Un moyen de connexion a été retiré",
        `Vous ne pouvez plus vous connecter à votre compte avec ${notice.issuer}.`,
      ]
    case "second_factor_guessed":
      return [
        "Quelqu’un connaît votre mot de passe",
        "Quelqu’un a saisi plusieurs fois votre mot de passe exact, suivi de codes erronés. Votre compte reste protégé par son second facteur, mais choisissez un nouveau mot de passe.",
      ]
  }
}

export const french: Letters = {
  reset: ({ product, name, url }) => ({
    subject: `Choisissez un nouveau mot de passe pour ${product}`,
    greeting: hello(name),
    paragraphs: [
      "Vous avez demandé un nouveau mot de passe. Choisissez-le ici ; le lien fonctionne une seule fois, pendant 30 minutes.",
      "Si ce n’était pas vous, ignorez ce message : votre mot de passe reste inchangé.",
    ],
    action: { label: "Choisir un nouveau mot de passe", url },
    closing: bye(product),
  }),
  invitation: ({ product, name, url, by }) => ({
    subject: `Votre invitation à ${product}`,
    greeting: hello(name),
    paragraphs: [
      `${by === undefined ? "Vous avez" : `${by} vous a créé`} un compte sur ${product}. Choisissez un mot de passe pour commencer ; le lien fonctionne une seule fois, pendant 7 jours.`,
      "Si vous n’attendiez pas cette invitation, ignorez ce message.",
    ],
    action: { label: "Accepter l’invitation", url },
    closing: bye(product),
  }),
  verification: ({ product, name, url }) => ({
    subject: "Confirmez votre adresse e-mail",
    greeting: hello(name),
    paragraphs: [
      `Veuillez confirmer que cette adresse appartient à votre compte sur ${product}. Le lien fonctionne une seule fois, pendant 24 heures.`,
      "Si vous n’y avez pas de compte, ignorez ce message.",
    ],
    action: { label: "Confirmer l’adresse", url },
    closing: bye(product),
  }),
  registration: ({ product, url }) => ({
    subject: `Votre compte sur ${product}`,
    greeting: hello(""),
    paragraphs: [
      `Quelqu’un, sans doute vous, souhaite ouvrir un compte sur ${product} avec cette adresse. Continuez ici ; le lien fonctionne une seule fois, pendant 24 heures.`,
      "Si ce n’était pas vous, ignorez ce message : rien n’a été créé.",
    ],
    action: { label: "Ouvrir le compte", url },
    closing: bye(product),
  }),
  registered: ({ product, name, url }) => ({
    subject: `Vous avez déjà un compte sur ${product}`,
    greeting: hello(name),
    paragraphs: [
      `Quelqu’un, sans doute vous, a voulu ouvrir un compte sur ${product} avec cette adresse. Vous en avez déjà un : connectez-vous, ou choisissez un nouveau mot de passe si vous l’avez oublié.`,
      "Si ce n’était pas vous, ignorez ce message.",
    ],
    action: { label: "Se connecter", url },
    closing: bye(product),
  }),
  login: ({ product, name, url }) => ({
    subject: `Connexion à ${product}`,
    greeting: hello(name),
    paragraphs: [
      "Ce lien vous connecte. Il fonctionne une seule fois, pendant 15 minutes.",
      "Si vous ne l’avez pas demandé, ignorez ce message et ne transmettez le lien à personne.",
    ],
    action: { label: "Se connecter", url },
    closing: bye(product),
  }),
  change: ({ product, name, url }) => ({
    subject: "Confirmez votre nouvelle adresse e-mail",
    greeting: hello(name),
    paragraphs: [
      `Veuillez confirmer que votre compte sur ${product} doit désormais utiliser cette adresse. Le lien fonctionne une seule fois, pendant 30 minutes.`,
      "Si vous n’avez rien demandé, ignorez ce message.",
    ],
    action: { label: "Utiliser cette adresse", url },
    closing: bye(product),
  }),
  changeAsked: ({ product, name, newEmail, url }) => ({
    subject: "Votre adresse e-mail va changer",
    greeting: hello(name),
    paragraphs: [
      `Quelqu’un, sans doute vous, a demandé que votre compte sur ${product} utilise l’adresse ${newEmail}. Rien n’a encore changé.`,
      "Si ce n’était pas vous, quelqu’un d’autre a accès à votre compte : choisissez un nouveau mot de passe dès maintenant.",
    ],
    action: { label: "Vérifier votre compte", url },
    closing: bye(product),
  }),
  changed: ({ product, name, newEmail, url }) => ({
    subject: "Votre adresse e-mail a été changée",
    greeting: hello(name),
    paragraphs: [
      `Votre compte sur ${product} utilise désormais l’adresse ${newEmail}. Si vous l’avez voulu, il n’y a rien à faire.`,
      "Si ce n’était pas vous, reprenez votre compte avec le bouton : il retrouve cette adresse, toutes les sessions sont fermées et vous choisissez un nouveau mot de passe. Cela fonctionne une seule fois, pendant 7 jours.",
    ],
    action: { label: "Ce n’était pas moi", url },
    closing: bye(product),
  }),
  changeTaken: ({ product, name, url }) => ({
    subject: "Un autre compte a demandé votre adresse e-mail",
    greeting: hello(name),
    paragraphs: [
      `Quelqu’un a voulu utiliser cette adresse pour un autre compte sur ${product}. Elle appartient à votre compte : rien n’a changé.`,
      "Si c’était vous, connectez-vous au compte qui possède déjà cette adresse.",
    ],
    action: { label: "Se connecter", url },
    closing: bye(product),
  }),
  notice: ({ product, name, notice, at, url }) => {
    const [subject, sentence] = happened(notice)
    return {
      subject,
      greeting: hello(name),
      paragraphs: [
        sentence,
        `Cela s’est passé le ${at}. Si c’était vous, il n’y a rien à faire.`,
        "Si ce n’était pas vous, choisissez un nouveau mot de passe dès maintenant et vérifiez où vous êtes connecté.",
      ],
      action: { label: "Vérifier votre compte", url },
      closing: bye(product),
    }
  },
}
