import { translations } from "@archipel/core"
import "./contract.ts"

export const french = translations("crm", {
  fr: {
    label: "Clientèle",
    models: {
      Country: { label: "Pays", plural: "Pays", fields: { name: "Nom", code: "Code ISO 3166-1" } },
      Customer: {
        label: "Client",
        plural: "Clients",
        fields: {
          name: "Nom",
          contactName: "Interlocuteur",
          contactTitle: "Fonction",
          email: "E-mail",
          phone: "Téléphone",
          fax: "Télécopie",
          website: "Site web",
          address: "Adresse",
          city: "Ville",
          region: "Région",
          postalCode: "Code postal",
          country: "Pays",
          discount: "Remise habituelle (0,05 vaut 5 %)",
          accountManager: "Responsable",
          notes: "Notes",
          parent: "Siège",
          branches: "Filiales",
          contacts: "Contacts",
          contactCount: "Nombre de contacts",
        },
      },
      Contact: {
        label: "Contact",
        plural: "Contacts",
        fields: { customer: "Client", name: "Nom", jobTitle: "Fonction", email: "E-mail", phone: "Téléphone" },
      },
    },
  },
})
