/**
 * A contract written by hand over tables that were there before.
 *
 * @module
 */
import {
  bigint,
  choice,
  contract,
  datetime,
  decimal,
  integer,
  json,
  logic,
  many,
  manyToMany,
  model,
  one,
  text,
} from "@archipel/core"
import { service } from "@archipel/server"

declare module "@archipel/core" {
  interface Contracts {
    warehouse: typeof warehouse
  }
}

/** The tables as another program made them. */
export const warehouseSql = `
create type state as enum ('open', 'packed', 'sent');
create schema stock;
create table customer (code varchar(8) primary key, full_name varchar(60) not null, since timestamp);
create table employee (id serial primary key, name text not null, boss int references employee);
create table "Orders" (
  "OrderNo" integer generated always as identity primary key,
  "CustomerCode" varchar(8) not null references customer,
  "Clerk" int references employee,
  state state not null default 'open',
  placed timestamptz not null default now(),
  "FreightCost" real,
  tags text[],
  total double precision generated always as (coalesce("FreightCost", 0) * 2) stored
);
create table stock.site (company int, no smallint, title text not null, parent_no smallint,
  primary key (company, no), foreign key (company, parent_no) references stock.site);
create table stock.shelf (company int, site_no smallint, label char(4), capacity int not null,
  primary key (company, site_no, label), foreign key (company, site_no) references stock.site on delete cascade);
create table order_line (order_no int references "Orders" on delete cascade, product varchar(20), quantity smallint not null check (quantity > 0),
  unit_price numeric not null, primary key (order_no, product));
create table employee_site (employee int references employee, company int, site smallint,
  primary key (employee, company, site), foreign key (company, site) references stock.site);
create view order_totals as select order_no, sum(quantity * unit_price) as total from order_line group by order_no;
insert into customer values ('ACME', 'Acme Ltd', '2020-01-31 12:00'), ('B,C%', 'Odd & Co', null);
insert into employee (name, boss) values ('Ann', null), ('Bob', 1);
insert into "Orders" ("CustomerCode", "Clerk", "FreightCost", tags) values ('ACME', 2, 12.1, '{a,b}'), ('B,C%', 1, null, null);
insert into order_line values (1, 'bolt', 3, 1.10), (1, 'nut, big', 5, 0.25);
insert into stock.site values (7, 1, 'Main', null), (7, 2, 'Annex', 1), (8, 1, 'Other', null);
insert into stock.shelf values (7, 1, 'A1', 10), (7, 1, 'B,%', 20);
insert into employee_site values (1, 7, 1), (1, 7, 2);
`

export const warehouse = contract("warehouse", {
  roles: ["clerk", "guest"],
  models: {
    Customer: model(
      {
        code: text({ maxLength: 8 }),
        name: text({ maxLength: 60 }).column("full_name"),
        since: datetime().column("since", "timestamp without time zone").optional(),
        orders: many("warehouse.Order", "customer"),
      },
      { table: "customer", key: ["code"], title: "name" },
    ),
    Employee: model(
      {
        id: bigint().column("id").generated(),
        name: text(),
        boss: one("warehouse.Employee").column("boss").optional(),
        reports: many("warehouse.Employee", "boss"),
        sites: manyToMany("warehouse.Site").through({
          table: "employee_site",
          own: ["employee"],
          target: ["company", "site"],
        }),
      },
      { table: "employee" },
    ),
    Order: model(
      {
        id: bigint().column("OrderNo").generated(),
        customer: one("warehouse.Customer").column("CustomerCode"),
        clerk: one("warehouse.Employee").column("Clerk").optional(),
        state: choice("open", "packed", "sent").column("state", "state").default("open"),
        placed: datetime().column("placed", "timestamp with time zone").generated(),
        freight: decimal({ scale: 2 }).column("FreightCost", "real").optional(),
        tags: json().column("tags", "text[]").optional(),
        total: decimal({ scale: 2 }).column("total", "double precision").generated("always").optional(),
        lines: many("warehouse.OrderLine", "order").owned(),
      },
      { table: "Orders" },
    ),
    OrderLine: model(
      {
        order: one("warehouse.Order").column("order_no"),
        product: text({ maxLength: 20 }),
        quantity: integer({ min: 1 }),
        unitPrice: decimal({ scale: 2 }).column("unit_price", "numeric"),
      },
      { table: "order_line", key: ["order", "product"] },
    ),
    Site: model(
      {
        company: integer(),
        no: integer(),
        title: text(),
        parent: one("warehouse.Site").column("company", "parent_no").optional(),
        parts: many("warehouse.Site", "parent"),
        shelves: many("warehouse.Shelf", "site").owned(),
        staff: manyToMany("warehouse.Employee", { inverse: "sites" }),
      },
      { table: "site", schema: "stock", key: ["company", "no"] },
    ),
    Shelf: model(
      {
        site: one("warehouse.Site").column("company", "site_no"),
        label: text({ maxLength: 4 }).column("label", "character(4)"),
        capacity: integer(),
      },
      { table: "shelf", schema: "stock", plural: "shelves", key: ["site", "label"] },
    ),
    OrderTotal: model(
      { orderNo: integer(), total: decimal({ scale: 2 }).column("total", "numeric").optional() },
      { table: "order_totals", key: ["orderNo"], view: true },
    ),
  },
})

export const warehouseService = service("warehouse", {
  logic: [
    logic("warehouse.Customer")
      .grant("warehouse.clerk", "all", "all")
      .grant("warehouse.guest", ["read"], { name: { startsWith: "Acme" } }),
    logic("warehouse.Employee").grant("warehouse.clerk", "all", "all"),
    logic("warehouse.Order")
      .grant("warehouse.clerk", "all", "all")
      .grant("warehouse.guest", ["read"], { customer: { name: { startsWith: "Acme" } } }),
    logic("warehouse.Site").grant("warehouse.clerk", "all", "all"),
    logic("warehouse.OrderTotal").grant("warehouse.clerk", ["read"], "all"),
  ],
})
