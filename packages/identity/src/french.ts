import { translations } from "@archipel/core"
import "./contract.ts"

export const french = translations("identity", {
  fr: {
    label: "Identités",
    models: {
      User: {
        label: "Utilisateur",
        plural: "Utilisateurs",
        fields: {
          name: "Nom",
          email: "E-mail",
          emailVerified: "E-mail vérifié",
          active: "Actif",
          locale: "Langue",
          timeZone: "Fuseau horaire",
          attributes: "Attributs",
          companies: "Sociétés",
        },
      },
      Company: { label: "Société", plural: "Sociétés", fields: { code: "Code", name: "Nom", users: "Utilisateurs" } },
      Group: {
        label: "Groupe",
        plural: "Groupes",
        fields: {
          name: "Nom",
          description: "Description",
          members: "Membres",
          serviceAccounts: "Comptes de service",
          assignments: "Rôles",
        },
      },
      Assignment: {
        label: "Attribution",
        plural: "Attributions",
        fields: { holder: "Groupe", role: "Rôle, par exemple sales.manager", companies: "Sociétés" },
      },
      ServiceAccount: {
        label: "Compte de service",
        plural: "Comptes de service",
        fields: { name: "Nom", description: "Description", active: "Actif" },
      },
      Client: { label: "Application", plural: "Applications", fields: { name: "Nom", active: "Active" } },
      Session: {
        label: "Session",
        plural: "Sessions",
        fields: {
          user: "Utilisateur",
          device: "Appareil",
          network: "Réseau",
          lastSeenAt: "Dernière activité",
          expiresAt: "Expire le",
          methods: "Méthodes",
          endedAt: "Terminée le",
        },
        actions: { end: { label: "Terminer la session" } },
      },
      Favourite: {
        label: "Favori",
        plural: "Favoris",
        fields: {
          name: "Nom",
          model: "Modèle",
          state: "État de la liste",
          owner: "Propriétaire",
          audience: { label: "Partage", values: { self: "Moi seul", group: "Un groupe", everybody: "Tout le monde" } },
          sharedWith: "Groupe",
          isDefault: "Par défaut",
        },
      },
      Setting: {
        label: "Réglage",
        plural: "Réglages",
        fields: { user: "Utilisateur", key: "Clé", value: "Valeur" },
      },
    },
  },
})
