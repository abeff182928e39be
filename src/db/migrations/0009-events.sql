-- The inbox: every event that Stripe told us, once.
CREATE TABLE events (
  id text PRIMARY KEY,
  type text NOT NULL,
  created_at timestamptz NOT NULL,
  livemode boolean NOT NULL,
  -- json, not jsonb: kept byte for byte, and jsonb refuses \u0000
  payload json NOT NULL,
  received_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('received', 'applied', 'ignored', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  -- real time; null when nothing more is to be tried by itself
  next_attempt_at timestamptz,
  applied_at timestamptz,
  -- why it was ignored or failed, for staff
  note text
);
CREATE INDEX events_newest ON events (received_at DESC, id DESC);
CREATE INDEX events_by_state ON events (state, received_at DESC, id DESC);
CREATE INDEX events_due ON events (next_attempt_at) WHERE state = 'received';

-- How far back the inbox is known to be complete, by Stripe's time.
CREATE TABLE inbox_progress (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  complete_until timestamptz NOT NULL
);

CREATE TABLE drift (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  -- what it is about: an order's number, a subscription's Stripe id
  subject text NOT NULL,
  order_id uuid REFERENCES orders (id),
  stripe_says text NOT NULL,
  we_say text NOT NULL,
  fix text NOT NULL,
  found_at timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE UNIQUE INDEX drift_open ON drift (kind, subject) WHERE closed_at IS NULL;
