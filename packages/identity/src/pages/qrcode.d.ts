/** The part of the library that is used; it has no types of its own. */
declare module "qrcode" {
  export function create(
    text: string,
    options: { readonly errorCorrectionLevel: "L" | "M" | "Q" | "H" },
  ): { readonly modules: { readonly size: number; get(row: number, column: number): number } }
}
