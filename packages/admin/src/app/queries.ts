import { QueryClient } from "@tanstack/react-query"
import { ProblemError } from "../api/problem.ts"

/** Asked again once, where that can help; a refusal stays one. */
const RETRIES = 1

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 10 * 60_000,
      retry: (count, error) => count < RETRIES && error instanceof ProblemError && error.isOutage,
      retryDelay: 400,
      refetchOnWindowFocus: false,
    },
    mutations: { retry: false },
  },
})
