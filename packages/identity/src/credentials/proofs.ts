import type { Database } from "@archipel/data"
import { assuranceOf, type Proof } from "./assurance.ts"
import type { Proofs } from "./credentials.ts"
import { factorsOf } from "./sign-in.ts"

/** After which sensitive things ask for a new proof. */
const FRESH_SECONDS = 600
/** Of one session; older ones say nothing that the newer do not. */
const MAX_PROOFS = 20

export function createProofs({ database, now }: { readonly database: Database; readonly now: () => Date }): Proofs {
  const of = async (sid: string): Promise<{ readonly userId?: string; readonly proofs: readonly Proof[] }> => {
    const { rows } = await database.query<Row>(find, [sid], { parse: true })
    const row = rows[0]
    return row === undefined ? { proofs: [] } : { userId: row.user_id, proofs: row.proofs ?? [] }
  }
  return {
    async add(sid, method) {
      await database.query(add, [sid, JSON.stringify([{ method, at: now().toISOString() }]), MAX_PROOFS])
    },
    of: async (sid) => (await of(sid)).proofs,
    async isFresh(sid, seconds = FRESH_SECONDS) {
      const { userId, proofs } = await of(sid)
      if (userId === undefined) return false
      const reached = assuranceOf(proofs, now(), seconds)
      if (reached === "mfa") return true
      return reached === "single" && (await factorsOf(database, userId)).length === 0
    },
  }
}

interface Row {
  readonly user_id: string
  readonly proofs: readonly Proof[] | null
}

const find = {
  name: "identity_proofs_find",
  text: "select user_id, proofs from sessions where sid = $1 and ended_at is null",
}
const add = {
  name: "identity_proofs_add",
  text: `update sessions set proofs = (
      select jsonb_agg(e order by n) from (
        select e, n from jsonb_array_elements(coalesce(proofs, '[]') || $2::jsonb) with ordinality as all_of(e, n)
        order by n desc limit $3) newest)
    where sid = $1 and ended_at is null`,
}
