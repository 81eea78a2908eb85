import { translations } from "@archipel/core"
import "./contract.ts"

export const french = translations("sales", {
  fr: {
    label: "Ventes",
    models: {
      Shipper: {
        label: "Transporteur",
        plural: "Transporteurs",
        fields: { name: "Nom", phone: "Téléphone" },
      },
      Order: {
        label: "Commande",
        plural: "Commandes",
        sections: { Delivery: "Livraison", Notes: "Notes" },
        fields: {
          number: "Numéro",
          customer: "Client",
          salesperson: "Commercial",
          employee: "Vendue par",
          date: "Date",
          requiredDate: "Date souhaitée",
          shippedDate: "Date d’expédition",
          shipper: "Transporteur",
          freight: "Frais de port",
          shipName: "Destinataire",
          shipAddress: "Adresse de livraison",
          shipCity: "Ville de livraison",
          shipRegion: "Région de livraison",
          shipPostalCode: "Code postal de livraison",
          shipCountry: "Pays de livraison",
          reference: "Référence du client",
          note: "Note",
          status: {
            label: "État",
            values: { draft: "Brouillon", confirmed: "Confirmée", shipped: "Expédiée", cancelled: "Annulée" },
          },
          lines: "Lignes",
          lineCount: "Nombre de lignes",
          total: "Total",
          cost: "Coût",
          margin: "Marge",
        },
        transitions: { confirm: "Confirmer", ship: "Expédier", cancel: "Annuler", reopen: "Rouvrir" },
      },
      OrderLine: {
        label: "Ligne",
        plural: "Lignes",
        fields: {
          order: "Commande",
          product: "Article",
          quantity: "Quantité",
          price: "Prix",
          discount: "Remise",
          subtotal: "Sous-total",
          unitCost: "Coût unitaire",
          cost: "Coût",
        },
      },
    },
  },
})
