/**
 * What the database itself does for rights: it counts what changed, tells every process at once, and keeps an administrator.
 *
 * @module
 */
import { createHash } from "node:crypto"
import type { Database } from "@archipel/data"

/** Where processes hear of changes: "user <id>", "off <id>" of who is not active any more, or "all". */
export const CHANNEL = "archipel_identity"

/**
 * `version` grows with what anybody may, `revocations` when a session or credential ends, `beat` while somebody serves: together they
 * tell a database from an older copy of itself. Counted when a transaction commits, so that a version is never seen before what it
 * counts, and nobody else waits for the row meanwhile.
 */
const definition = `
create table if not exists archipel.identity_state (
  only_row boolean primary key default true check (only_row),
  version bigint not null default 1,
  revocations bigint not null default 0,
  beat bigint not null default 0,
  revision text
);
insert into archipel.identity_state default values on conflict do nothing;

create or replace function archipel.identity_count(what text) returns void language plpgsql as $$
begin
  if coalesce(current_setting('archipel.identity_' || what, true), '') = pg_current_xact_id()::text then return; end if;
  if what = 'version' then update archipel.identity_state set version = version + 1;
  else update archipel.identity_state set revocations = revocations + 1;
  end if;
  perform set_config('archipel.identity_' || what, pg_current_xact_id()::text, true);
end $$;

create or replace function archipel.identity_all_changed() returns trigger language plpgsql as $$
begin
  perform archipel.identity_count('version');
  perform pg_notify('${CHANNEL}', 'all');
  return null;
end $$;

create or replace function archipel.identity_user_changed() returns trigger language plpgsql as $$
begin
  perform archipel.identity_count('version');
  perform pg_notify('${CHANNEL}', case when tg_op = 'UPDATE' and old.active and not new.active then 'off ' else 'user ' end || old.id);
  return null;
end $$;

-- The column with the user is the trigger's argument.
create or replace function archipel.identity_link_changed() returns trigger language plpgsql as $$
begin
  perform archipel.identity_count('version');
  perform pg_notify('${CHANNEL}', 'user ' || (to_jsonb(case when tg_op = 'DELETE' then old else new end) ->> tg_argv[0]));
  return null;
end $$;

create or replace function archipel.identity_session_changed() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then perform archipel.identity_count('revocations'); end if;
  perform pg_notify('${CHANNEL}', 'user ' || case when tg_op = 'DELETE' then old.user_id else new.user_id end);
  return null;
end $$;

create or replace function archipel.identity_proof_ended() returns trigger language plpgsql as $$
begin
  perform archipel.identity_count('revocations');
  return null;
end $$;

create or replace function archipel.identity_has_admin() returns boolean language sql stable set search_path from current as $$
  select exists (
    select from users join groups__members on target_id = users.id join assignments on holder_id = source_id
    where users.active and role = 'identity.admin')
$$;

create or replace function archipel.identity_keep_admin() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_table_name = 'users' then
    if not exists (select from groups__members join assignments on holder_id = source_id
                   where target_id = old.id and role = 'identity.admin') then return null; end if;
  elsif tg_table_name = 'groups__members' then
    if not exists (select from assignments where holder_id = old.source_id and role = 'identity.admin') then return null; end if;
  end if;
  -- One after another, so that two administrators cannot remove each other.
  perform pg_advisory_xact_lock(4711002);
  if not archipel.identity_has_admin() then perform archipel.fail('record.refused', '{"code":"identity.last_admin"}'); end if;
  return null;
end $$;

create or replace function archipel.identity_whole_roles() returns trigger language plpgsql set search_path from current as $$
begin
  if exists (select from assignments where id = new.source_id and role like 'identity.%') then
    perform archipel.fail('record.refused', '{"code":"assignment.identity_is_whole"}');
  end if;
  return null;
end $$;
`

const trigger = (name: string, on: string, table: string, run: string, when = ""): string =>
  `drop trigger if exists ${name} on ${table};
create constraint trigger ${name} after ${on} on ${table} deferrable initially deferred for each row ${when} execute function archipel.${run};`

const ALL = "insert or update or delete"
const triggers = [
  trigger("identity_changed", "update of active, attributes, time_zone or delete", "users", "identity_user_changed()"),
  trigger("identity_changed", ALL, "groups__members", "identity_link_changed('target_id')"),
  trigger("identity_changed", ALL, "users__companies", "identity_link_changed('source_id')"),
  trigger("identity_changed", "update of name", "groups", "identity_all_changed()"),
  trigger("identity_changed", ALL, "assignments", "identity_all_changed()"),
  trigger("identity_changed", ALL, "assignments__companies", "identity_all_changed()"),
  trigger("identity_changed", ALL, "groups__service_accounts", "identity_all_changed()"),
  trigger("identity_changed", "update of active or delete", "service_accounts", "identity_all_changed()"),
  trigger("identity_changed", ALL, "clients", "identity_all_changed()"),
  trigger("identity_changed", "insert or delete", "sessions", "identity_session_changed()"),
  trigger(
    "identity_ended",
    "update",
    "sessions",
    "identity_session_changed()",
    "when (old.ended_at is distinct from new.ended_at or old.user_id <> new.user_id)",
  ),
  trigger("identity_ended", "update of secret, confirmed, user_id or delete", "credentials", "identity_proof_ended()"),
  trigger(
    "identity_admin",
    "update of active",
    "users",
    "identity_keep_admin()",
    "when (old.active and not new.active)",
  ),
  trigger("identity_admin", "delete or update", "groups__members", "identity_keep_admin()"),
  trigger(
    "identity_admin",
    "delete or update of role, holder_id",
    "assignments",
    "identity_keep_admin()",
    "when (old.role = 'identity.admin')",
  ),
  trigger("identity_whole", "insert or update", "assignments__companies", "identity_whole_roles()"),
].join("\n")

const revision = createHash("sha256").update(definition).update(triggers).digest("hex").slice(0, 16)

/** Makes sure of all that in a database that has identity's tables; one statement if it is there. */
export async function ensureGrantsSchema(database: Database): Promise<void> {
  const isThere = await database.text({ text: "select to_regclass('archipel.identity_state') is not null" })
  if (isThere === "t" || isThere === "true") {
    const known = await database.text({ text: "select revision from archipel.identity_state" })
    if (known === revision) return
  }
  await database.transaction(async (tx) => {
    await tx.query({ text: "select pg_advisory_xact_lock(4711003)" })
    for (const statement of statementsOf(definition)) await tx.query({ text: statement })
    for (const statement of statementsOf(triggers)) await tx.query({ text: statement })
    await tx.query({ text: "update archipel.identity_state set revision = $1" }, [revision])
  })
}

/** Statements end with a semicolon at the end of a line, outside of the functions' texts. */
function statementsOf(script: string): readonly string[] {
  const statements: string[] = []
  let current = ""
  let isText = false
  for (const line of script.split("\n")) {
    if (line.trimStart().startsWith("--") && !isText) continue
    current += `${line}\n`
    if ((line.split("$$").length - 1) % 2 === 1) isText = !isText
    if (!isText && line.trimEnd().endsWith(";")) {
      statements.push(current.trim().replace(/;$/, ""))
      current = ""
    }
  }
  return statements.filter((each) => each !== "")
}
