import { ProblemError } from "../api/problem.ts"
import { Refusal } from "./refusal.tsx"

const unknown = new ProblemError({ code: "request.no_such_route", status: 404, title: "" })

/** An address that is none of the admin's. */
export const NotFound = () => <Refusal error={unknown} isWhole />
