import { attributes, type Html, html } from "./html.ts"

/** Cells that the standard wants free on each side (ISO/IEC 18004). */
const QUIET = 4

/** The QR code of a text as a picture that needs no script; dark on white in every theme, because cameras want that. */
export async function qrCode(text: string, label: string): Promise<Html> {
  // Loaded with the first picture.
  const { create } = await import("qrcode")
  const { modules } = create(text, { errorCorrectionLevel: "M" })
  const side = modules.size + 2 * QUIET
  let path = ""
  for (let y = 0; y < modules.size; y++) {
    for (let x = 0; x < modules.size; x++) {
      if (modules.get(y, x)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`
    }
  }
  return html`<svg class="qr" role="img"${attributes({
    "aria-label": label,
    viewBox: `0 0 ${side} ${side}`,
    width: 208,
    height: 208,
  })} shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path fill="#000" d="${path}"/></svg>`
}
