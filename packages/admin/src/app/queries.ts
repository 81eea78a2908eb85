import { QueryClient } from "@tanstack/react-query"
import { onBack } from "../api/away.ts"
import { isOutage, retryInterval } from "./retry.ts"

/** Asked again once, where that can help; a refusal stays one. */
const RETRIES = 1

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 10 * 60_000,
      retry: (count, error) => count < RETRIES && isOutage(error),
      retryDelay: 400,
      refetchInterval: retryInterval,
      refetchOnWindowFocus: false,
    },
    mutations: { retry: false },
  },
})

onBack(() => void queryClient.refetchQueries({ type: "active", predicate: (query) => retryInterval(query) !== false }))
