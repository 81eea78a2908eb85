import { translations } from "@archipel/core"
import "./contract.ts"

export const french = translations("people", {
  fr: {
    label: "Personnel",
    models: {
      Region: { label: "Région", plural: "Régions", fields: { name: "Nom", territories: "Secteurs" } },
      Territory: {
        label: "Secteur",
        plural: "Secteurs",
        fields: { name: "Nom", region: "Région", employees: "Employés" },
      },
      Employee: {
        label: "Employé",
        plural: "Employés",
        fields: {
          firstName: "Prénom",
          lastName: "Nom de famille",
          name: "Nom",
          courtesyTitle: "Civilité",
          jobTitle: "Poste",
          user: "Utilisateur",
          manager: "Supérieur",
          reports: "Subordonnés",
          territories: "Secteurs",
          hireDate: "Date d’embauche",
          birthDate: "Date de naissance",
          address: "Adresse",
          city: "Ville",
          region: "Région",
          postalCode: "Code postal",
          country: "Pays",
          homePhone: "Téléphone privé",
          extension: "Poste téléphonique",
          notes: "Notes",
          photo: "Photo",
          salary: "Salaire mensuel",
          expenses: "Notes de frais",
          spent: "Frais approuvés",
        },
      },
      Expense: {
        label: "Note de frais",
        plural: "Notes de frais",
        fields: {
          number: "Numéro",
          employee: "Employé",
          requestedBy: "Demandée par",
          date: "Date",
          purpose: "Motif",
          category: {
            label: "Catégorie",
            values: { travel: "Déplacement", meals: "Repas", lodging: "Hébergement", office: "Bureau", other: "Autre" },
          },
          amount: "Montant",
          billable: "Refacturable",
          receipt: "Justificatif",
          status: {
            label: "État",
            values: { draft: "Brouillon", submitted: "Soumise", approved: "Approuvée", rejected: "Refusée" },
          },
          rejectedBecause: "Motif du refus",
        },
        transitions: { submit: "Soumettre", approve: "Approuver", reject: "Refuser", reopen: "Rouvrir" },
      },
    },
  },
})
