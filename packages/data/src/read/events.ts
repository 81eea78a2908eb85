/**
 * The history as events, which is what the outbox of other systems is: each row one event, delivered by whoever reads on from where it was.
 *
 * @module
 */

/**
 * A table for `from`: `seq`, `id`, `at`, `type` ("sales.Order.confirmed"), `record_id`, `record_key`, `version`, `payload`, `trace_id`, `xid`.
 * Of all services that share the database, and without anybody's rights: those are applied when an event is delivered.
 */
export const eventsSql = `(
  select h.id as seq, h.event_id as id, h.at, h.model || '.' || coalesce(h.event, h.operation || 'd') as type,
    h.record_id, h.record_key, h.version, h.trace_id, h.xid,
    jsonb_build_object('id', coalesce(h.record_key, h.record_id::text), 'model', h.model, 'version', h.version, 'operation', h.operation,
      'actor', jsonb_build_object('kind', h.actor_kind, 'id', h.actor_id), 'changes', h.changes)
    || case when h.action is null then '{}' else jsonb_build_object('action', h.action) end
    || case when h.parent_model is null then '{}'
         else jsonb_build_object('parent', jsonb_build_object('model', h.parent_model, 'id', coalesce(h.parent_key, h.parent_id::text))) end
      as payload
  from archipel.history h)`
