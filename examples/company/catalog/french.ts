import { translations } from "@archipel/core"
import "./contract.ts"

export const french = translations("catalog", {
  fr: {
    label: "Catalogue",
    models: {
      Category: {
        label: "Catégorie",
        plural: "Catégories",
        fields: { name: "Nom", description: "Description", products: "Articles", productCount: "Nombre d’articles" },
      },
      Supplier: {
        label: "Fournisseur",
        plural: "Fournisseurs",
        fields: {
          name: "Nom",
          contactName: "Interlocuteur",
          contactTitle: "Fonction",
          email: "E-mail",
          phone: "Téléphone",
          fax: "Télécopie",
          address: "Adresse",
          city: "Ville",
          region: "Région",
          postalCode: "Code postal",
          country: "Pays",
          homepage: "Site web",
          products: "Articles",
        },
      },
      Product: {
        label: "Article",
        plural: "Articles",
        fields: {
          name: "Nom",
          category: "Catégorie",
          supplier: "Fournisseur",
          quantityPerUnit: "Conditionnement",
          description: "Description",
          picture: "Image",
          price: "Prix",
          cost: "Prix de revient",
          stock: "En stock",
          onOrder: "Commandé au fournisseur",
          reorderLevel: "Seuil de réapprovisionnement",
          reorder: "À réapprovisionner",
          stockValue: "Valeur du stock",
          discontinued: "Abandonné",
        },
        actions: {
          reserve: { label: "Réserver", inputs: { quantity: "Quantité" } },
          receive: { label: "Réceptionner", inputs: { quantity: "Quantité" } },
        },
      },
    },
  },
})
