import { texts } from "../i18n/language.ts"

export const useFavouriteTexts = texts(
  {
    shareWith: "Share with",
    share: (name: string) => `Share ${name} with`,
    nobody: "Nobody",
    everybody: "Everybody",
    otherGroup: "A group",
    makeDefault: (name: string) => `Open this list with ${name}`,
    rename: (name: string) => `Rename ${name}`,
    shared: "Shared by others",
    by: (name: string, who: string) => (who === "" ? name : `${name}, by ${who}`),
    away: "What was kept here is shown. Nothing can be kept now: the service does not answer.",
  },
  {
    shareWith: "Partager avec",
    share: (name: string) => `Partager ${name} avec`,
    nobody: "Personne",
    everybody: "Tout le monde",
    otherGroup: "Un groupe",
    makeDefault: (name: string) => `Ouvrir cette liste avec ${name}`,
    rename: (name: string) => `Renommer ${name}`,
    shared: "Partagés par d’autres",
    by: (name: string, who: string) => (who === "" ? name : `${name}, par ${who}`),
    away: "Voici ce qui était gardé ici. Rien ne peut être gardé maintenant : le service ne répond pas.",
  },
)
