-- What the API keeps, one row an object. `data` is the object as the API answers it and keeps its order of fields
-- (hence json); `hidden` is what the sandbox alone knows of it, such as a card's number.
create table sandbox.objects (
  id text primary key,
  kind text not null,
  seq bigint generated always as identity,
  created bigint not null,
  deleted boolean not null default false,
  -- The next moment, in seconds, at which time alone changes this object; null: never.
  due_at bigint,
  -- What lists can be filtered by, as name:value.
  refs text[] not null,
  data json not null,
  hidden json not null
);
create index objects_by_kind on sandbox.objects (kind, seq desc);
create index objects_by_ref on sandbox.objects using gin (refs) with (fastupdate = off);
create index objects_due on sandbox.objects (due_at) where due_at is not null;

create table sandbox.events (
  id text primary key,
  seq bigint generated always as identity unique,
  created bigint not null,
  type text not null,
  object_id text,
  data json not null,
  request_id text,
  idempotency_key text
);
create index events_by_type on sandbox.events (type, seq desc);
create index events_by_created on sandbox.events (created);
create index events_by_object on sandbox.events (object_id, seq desc);

-- One row for each event and each address that wants it. Times are the machine's own: retries do not follow the clock
-- that can be moved.
create table sandbox.deliveries (
  id bigint generated always as identity primary key,
  event_id text not null references sandbox.events (id) on delete cascade,
  -- 'app' for the address that the sandbox was started with, otherwise a webhook endpoint's id.
  endpoint text not null,
  state text not null check (state in ('pending', 'delivered', 'given_up', 'dropped')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  leased_until timestamptz,
  -- The PostgreSQL session of the process that is sending it: a lease whose session has ended is void.
  leased_by integer
);
create index deliveries_pending on sandbox.deliveries (next_at, id) where state = 'pending';
create index deliveries_by_event on sandbox.deliveries (event_id);

create table sandbox.delivery_attempts (
  id bigint generated always as identity primary key,
  delivery_id bigint not null references sandbox.deliveries (id) on delete cascade,
  at timestamptz not null,
  duration_ms integer not null,
  -- The status of the answer; null: none came, and `error` says why.
  status integer,
  error text
);
create index delivery_attempts_by_delivery on sandbox.delivery_attempts (delivery_id);

create table sandbox.idempotency_keys (
  key text primary key,
  method text not null,
  path text not null,
  fingerprint text not null,
  request_id text not null,
  status integer not null,
  body text not null,
  created_at timestamptz not null
);

create table sandbox.clock (
  only_row boolean primary key default true check (only_row),
  offset_ms bigint not null,
  version bigint not null
);
insert into sandbox.clock (offset_ms, version) values (0, 1);

create table sandbox.clock_listeners (
  id text primary key,
  -- The PostgreSQL session of the process that it is connected to.
  session integer not null,
  name text not null,
  acknowledged_version bigint not null
);

create table sandbox.faults (
  only_row boolean primary key default true check (only_row),
  settings jsonb not null
);
insert into sandbox.faults (settings) values ('{}');

create table sandbox.mails (
  id bigint generated always as identity primary key,
  sender text not null,
  recipient text not null,
  subject text not null,
  text text not null,
  html text not null,
  at timestamptz not null
);
create index mails_by_recipient on sandbox.mails (recipient, id desc);
