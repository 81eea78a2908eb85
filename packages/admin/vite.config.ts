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

/**
 * Has the browser fetch with the first page what is needed right after it: the letters of most texts, so that nothing is painted anew when
 * they come, and lists, which most visits begin with.
 */
function preloaded(): Plugin {
  return {
    name: "preloaded",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const hrefOf = (file: RegExp): string => {
          const found = Object.keys(bundle).find((name) => file.test(name))
          if (found === undefined) throw new Error(`${file} is not among what was built.`)
          return `/admin/${found}`
        }
        const font = {
          rel: "preload",
          as: "font",
          type: "font/woff2",
          href: hrefOf(/inter-latin-wght-normal.*\.woff2$/),
        }
        const script = { rel: "modulepreload", href: hrefOf(/assets\/list-[^/]*\.js$/) }
        const style = { rel: "preload", as: "style", href: hrefOf(/assets\/list-[^/]*\.css$/) }
        return [font, script, style].map((link) => ({
          tag: "link",
          attrs: { ...link, crossorigin: "" },
          injectTo: "head",
        }))
      },
    },
  }
}

export default defineConfig({
  base: "/admin/",
  plugins: [react(), preloaded(), compressed()],
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
    rolldownOptions: {
      output: {
        // A browser takes some milliseconds for each file, also from its cache: what is needed together comes together.
        codeSplitting: {
          groups: [
            { name: "start", tags: ["$initial"], priority: 3 },
            { name: "list", test: /src[\\/]list[\\/]list-view\.tsx$/, priority: 2 },
            {
              name: "kit",
              test: /node_modules[\\/](?:@mantine[\\/](?:core|hooks)|@floating-ui|react-remove-scroll)[\\/]/,
              priority: 2,
            },
            { name: "form", test: /src[\\/]form[\\/]record-view\.tsx$/, priority: 1 },
          ],
        },
      },
    },
  },
})
