import { expect, test } from "vitest"
import { readDump } from "./sql-dump.ts"

const dump = `
-- Name: a; it's a comment with a quote
SET standard_conforming_strings = on;
/* CREATE TABLE no (x int); */
CREATE TABLE public.things (
    id smallint NOT NULL,
    "Name" character varying(20) DEFAULT 'a;b',
    price numeric(10, 2),
    CONSTRAINT positive CHECK ((price > 0)),
    PRIMARY KEY (id)
);
CREATE TABLE nothing (id int);
INSERT INTO public.things VALUES (1, 'O''Hara; (née), \\n -- no comment', 9.80000019);
INSERT INTO things (price, id) VALUES (NULL, -2), (1e3, 3);
ALTER TABLE ONLY things ADD CONSTRAINT x FOREIGN KEY (id) REFERENCES nothing(id);
`

test("rows have the columns of their table, or those the statement names", () => {
  const tables = readDump(dump)
  expect([...tables.keys()]).toEqual(["things", "nothing"])
  expect(tables.get("nothing")).toEqual([])
  expect(tables.get("things")).toEqual([
    { id: "1", Name: "O'Hara; (née), \\n -- no comment", price: "9.80000019" },
    { price: null, id: "-2" },
    { price: "1e3", id: "3" },
  ])
})

test("the text NULL in quotes is a text", () => {
  expect(readDump("create table t (a text); insert into t values ('NULL'), (null);").get("t")).toEqual([
    { a: "NULL" },
    { a: null },
  ])
})

test.each([
  ["INSERT INTO t VALUES (1);", "CREATE TABLE"],
  ["CREATE TABLE t (a int); INSERT INTO t VALUES (1, 2);", "2 values for 1 columns"],
  ["CREATE TABLE t (a int); INSERT INTO t VALUES (now());", "neither a constant nor NULL"],
  ["CREATE TABLE t (a int); INSERT INTO t SELECT 1;", "not given by VALUES"],
  ["CREATE TABLE t (a text); INSERT INTO t VALUES ('a);", "not closed"],
  ["CREATE TABLE t (a int", "not closed"],
])("%s is refused", (text, words) => {
  expect(() => readDump(text)).toThrow(words)
})
