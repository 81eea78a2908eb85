import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin } from "vite"

/** Below this size compression gains nothing that a network would notice. */
const MIN_BYTES = 1_024
const compressible = /\.(?:js|css|html|svg|json)$/

/** Writes each text file compressed beside itself, so that nobody compresses while serving. */
function compressed(): Plugin {
  let directory = ""
  return {
    name: "compressed",
    apply: "build",
    configResolved({ build }) {
      directory = build.outDir
    },
    closeBundle() {
      for (const entry of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
        const path = join(directory, entry)
        if (!compressible.test(entry) || statSync(path).size < MIN_BYTES) continue
        const bytes = readFileSync(path)
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 10 }
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }))
      }
    },
  }
}

/** Has the browser fetch the letters of most texts with the first page, so that nothing is painted anew when they come. */
function preloadedFont(): Plugin {
  return {
    name: "preloaded-font",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const font = Object.keys(bundle).find((name) => /inter-latin-wght-normal.*\.woff2$/.test(name))
        if (font === undefined) throw new Error("The font of the admin is not among what was built.")
        const attrs = { rel: "preload", as: "font", type: "font/woff2", crossorigin: "", href: `/admin/${font}` }
        return [{ tag: "link", attrs, injectTo: "head" }]
      },
    },
  }
}

export default defineConfig({
  base: "/admin/",
  plugins: [react(), preloadedFont(), compressed()],
  resolve: { conditions: ["@archipel/source", "module", "browser", "production"] },
  build: {
    outDir: "dist/app",
    emptyOutDir: true,
    target: "es2023",
    // An image as a data address would be text in every page; as a file it is kept by the browser.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: "manifest.json",
  },
})
