import { texts } from "../i18n/language.ts"

export const useBoardTexts = texts(
  {
    board: (plural: string) => `${plural} as a board`,
    more: "Show more",
    moved: (title: string, column: string) => `${title} moved to ${column}`,
    instructions:
      "Press Space to take the card, arrow keys to move it to another column, Space to put it down, Escape to leave it.",
    noMove: (title: string, column: string) => `${title} cannot go to ${column}`,
    taken: (title: string) => `${title} taken`,
    left: (title: string) => `${title} stays where it is`,
    none: (label: string) => `Without ${label.toLowerCase()}`,
    unknown: "Not visible",
    away: "Service away",
    moreLanes: (n: number) => `The ${n} columns with the most records are shown. A filter shows others.`,
  },
  {
    board: (plural: string) => `${plural} en tableau`,
    more: "Voir plus",
    moved: (title: string, column: string) => `${title} déplacé vers ${column}`,
    instructions:
      "Espace pour prendre la carte, flèches pour la déplacer vers une autre colonne, Espace pour la poser, Échap pour la laisser.",
    noMove: (title: string, column: string) => `${title} ne peut pas aller vers ${column}`,
    taken: (title: string) => `${title} pris`,
    left: (title: string) => `${title} reste à sa place`,
    none: (label: string) => `Sans ${label.toLowerCase()}`,
    unknown: "Non visible",
    away: "Service absent",
    moreLanes: (n: number) =>
      `Les ${n} colonnes qui ont le plus de fiches sont montrées. Un filtre en montre d’autres.`,
  },
)

export type BoardTexts = ReturnType<typeof useBoardTexts>
