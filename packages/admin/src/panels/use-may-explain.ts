import { useQuery } from "@tanstack/react-query"
import { request } from "../api/request.ts"

/** Whether the service explains its rules to whoever asks; not known before somebody might want to. */
export function useMayExplain(collection: string, isAsked: boolean): boolean {
  const { isSuccess } = useQuery({
    queryKey: ["may-explain", collection],
    enabled: isAsked,
    staleTime: Infinity,
    retry: false,
    queryFn: ({ signal }) =>
      request(`${collection}/$explain`, { method: "POST", body: { operation: "read" }, signal }).then(() => true),
  })
  return isSuccess
}
