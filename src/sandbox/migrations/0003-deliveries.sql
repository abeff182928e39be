-- Taking what is due walks past nothing that is already being sent, however much that is.
drop index sandbox.deliveries_pending;
create index deliveries_waiting on sandbox.deliveries (next_at, id) where state = 'pending' and leased_until is null;
create index deliveries_leased on sandbox.deliveries (leased_by) where state = 'pending' and leased_until is not null;

-- Whose story an event is part of, a customer's mostly: those of one lane are sent one after the other. null: of no such.
alter table sandbox.events add column lane text;
