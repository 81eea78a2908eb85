import { createContext, useContext } from "react"
import { useQuery } from "@tanstack/react-query"
import { firstView } from "./first-view.ts"
import { describeUser, type SessionUser } from "./session.ts"

/** The id of who is logged in. */
export const SessionContext = createContext("")

export const useUserId = (): string => useContext(SessionContext)

/** Who is logged in; the name comes a moment later. */
export function useUser(): SessionUser {
  const id = useUserId()
  const { data } = useQuery({
    queryKey: ["me", id],
    queryFn: () => firstView.then(() => describeUser(id)),
    staleTime: Infinity,
  })
  return data ?? { id, name: "", email: undefined }
}
