import { existsSync } from "node:fs"
import { defaultServerConditions } from "vite"
import { defineConfig } from "vitest/config"

/** Packages are imported from their sources, never from `dist`, so that a test never sees a stale build. */
const conditions = ["@archipel/source", ...defaultServerConditions]
const globalSetup = "./tests/support/global-setup.ts"

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Where the global setup is run.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "tests/**/*.test.ts",
      "examples/**/*.test.ts",
      "tools/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**", ...(process.env["ARCHIPEL_WAITING"]?.split(",") ?? [])],
    globalSetup: existsSync(new URL(globalSetup, import.meta.url)) ? [globalSetup] : [],
    setupFiles: ["./tests/support/property-seed.ts"],
    pool: "forks",
    // Two, whatever the machine has: tests start databases, services and browsers of their own.
    maxWorkers: Number(process.env["TEST_WORKERS"] ?? 2),
    // For child processes of tests and for modules that Node loads itself.
    execArgv: ["--conditions=@archipel/source"],
    testTimeout: 60_000,
    // How long something may take to come about says how busy the machine is, not whether it does.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    env: { NODE_ENV: "test" },
  },
})
