import { texts } from "../i18n/language.ts"

export const useFavouriteTexts = texts(
  {
    shareWithAll: "Share with everybody",
    share: (name: string) => `Share ${name} with everybody`,
    makeDefault: (name: string) => `Open this list with ${name}`,
    rename: (name: string) => `Rename ${name}`,
    shared: "Shared by others",
    by: (name: string, who: string) => (who === "" ? name : `${name}, by ${who}`),
    away: "What was kept here is shown. Nothing can be kept now: the service does not answer.",
  },
  {
    shareWithAll: "Partager avec tout le monde",
    share: (name: string) => `Partager ${name} avec tout le monde`,
    makeDefault: (name: string) => `Ouvrir cette liste avec ${name}`,
    rename: (name: string) => `Renommer ${name}`,
    shared: "Partagés par d’autres",
    by: (name: string, who: string) => (who === "" ? name : `${name}, par ${who}`),
    away: "Voici ce qui était gardé ici. Rien ne peut être gardé maintenant : le service ne répond pas.",
  },
)
