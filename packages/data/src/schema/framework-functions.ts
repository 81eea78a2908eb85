/**
 * The framework's functions in the schema `archipel`, usable in any statement on the service's database.
 *
 * @module
 */
import type { FunctionSchema } from "./structure.ts"

/** SQLSTATE of `archipel.fail`; the message is the code, the detail the JSON of the details. */
export const FAIL_SQLSTATE = "AR001"

/**
 * - `fail(code, details)` aborts the statement it is evaluated in, so that one data-modifying statement can undo itself:
 *   `case when <check> then true else archipel.fail('order.empty', '{}') end`.
 * - `lowered(text)` and `folded(text)` are texts without case, and without case and accents. They know the letters of
 *   all scripts: by PostgreSQL's own table of simple case mappings from 17 on, by ICU before that, and by the database's
 *   locale where neither is there (with locale C then ASCII only).
 * - `next_number` and `next_gapless_number` give a sequence's next number as text; see `sequence-number.ts`. While two releases call
 *   it differently (`counter_names`), both count together; `rename_counter` ends that.
 *
 * No search path changes what the functions mean: their texts are bound to their operators when they are made (`return`,
 * PostgreSQL 14), or say which schema each is of.
 */
export const frameworkFunctions: readonly FunctionSchema[] = [
  {
    name: "fail",
    parameters: "code text, details jsonb",
    revision: 1,
    definition: `returns boolean language plpgsql volatile parallel safe as $$
begin
  raise exception using errcode = '${FAIL_SQLSTATE}', message = code, detail = coalesce(details, '{}')::text;
end $$`,
  },
  {
    name: "lowered",
    parameters: "value text",
    revision: 1,
    definition: `returns text language sql immutable strict parallel safe return lower(value collate :fold:) collate "C"`,
  },
  {
    name: "folded",
    parameters: "value text",
    revision: 2,
    // In the language that is called and not copied into each expression: an index on it is prepared for every statement that writes
    // its table, and this as a copy is a tenth of the time of a create. Most texts are ASCII, and as many bytes as characters say so.
    definition: `returns text language plpgsql immutable strict parallel safe as $$
begin
  if pg_catalog.octet_length(value) operator(pg_catalog.=) pg_catalog.char_length(value) then
    return pg_catalog.lower(value collate pg_catalog."C");
  end if;
  return pg_catalog.regexp_replace(
    normalize(pg_catalog.lower(value collate :fold:), nfd), '[\\u0300-\\u036f]', '', 'g') collate pg_catalog."C";
end $$`,
  },
  {
    name: "formatted_number",
    parameters: "pattern text, n bigint, day date",
    revision: 1,
    definition: `returns text language sql immutable strict parallel safe
return replace(replace(replace(pattern, '{yyyy}', to_char(day, 'YYYY')), '{mm}', to_char(day, 'MM')),
  coalesce(substring(pattern from '\\{0+\\}'), '{}'),
  lpad(n::text, greatest(length(n::text), coalesce(length(substring(pattern from '\\{(0+)\\}')), 1)), '0'))`,
  },
  {
    name: "number_period",
    parameters: "pattern text, day date",
    revision: 1,
    definition: `returns text language sql immutable strict parallel safe
return case when strpos(pattern, '{yyyy}') > 0 then to_char(day, 'YYYY') else '' end
  || case when strpos(pattern, '{mm}') > 0 then to_char(day, 'MM') else '' end`,
  },
  {
    name: "next_number",
    parameters: "sequence text, pattern text, day date",
    revision: 2,
    // Only the first number of a period finds no sequence; whoever comes at the same moment waits for its maker to commit.
    definition: `returns text language plpgsql volatile strict as $$
declare
  path text := 'archipel.' || quote_ident(sequence || archipel.number_period(pattern, day));
  counter regclass := to_regclass(path);
  together text;
begin
  if counter is null then
    select c.counter into together from archipel.counter_names c where c.name = sequence;
    if found then
      return archipel.next_number(together, pattern, day);
    end if;
    begin
      execute 'create sequence ' || path || ' cache 1';
    exception when duplicate_table or unique_violation then
      null;
    end;
    counter := path::regclass;
  end if;
  return archipel.formatted_number(pattern, nextval(counter), day);
end $$`,
  },
  {
    name: "next_gapless_number",
    parameters: "sequence text, pattern text, day date",
    revision: 2,
    definition: `returns text language plpgsql volatile strict as $$
declare
  given bigint;
begin
  insert into archipel.counters as counter (name, period, n) values (
    coalesce((select c.counter from archipel.counter_names c where c.name = sequence), sequence),
    archipel.number_period(pattern, day), 1)
  on conflict (name, period) do update set n = counter.n + 1
  returning counter.n into given;
  return archipel.formatted_number(pattern, given, day);
end $$`,
  },
  {
    name: "rename_counter",
    parameters: "was text, now text",
    revision: 1,
    definition: `returns void language plpgsql volatile strict as $$
declare
  found record;
begin
  for found in
    select relname from pg_class where relnamespace = 'archipel'::regnamespace and relkind = 'S'
    and starts_with(relname, was) and substr(relname, length(was) + 1) ~ '^[0-9]*$'
  loop
    execute format('alter sequence archipel.%I rename to %I', found.relname, now || substr(found.relname, length(was) + 1));
  end loop;
  update archipel.counters set name = now where name = was;
  delete from archipel.counter_names where name = now;
end $$`,
  },
]
