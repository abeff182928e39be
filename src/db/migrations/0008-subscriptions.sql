CREATE TABLE subscriptions (
  id uuid PRIMARY KEY,
  reader_id uuid NOT NULL REFERENCES readers (id),
  order_id uuid NOT NULL REFERENCES orders (id),
  plan_id uuid NOT NULL REFERENCES plans (id),
  price_id uuid NOT NULL REFERENCES prices (id),
  opens text[] NOT NULL,
  state text NOT NULL CHECK (state IN ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused')),
  -- a second purchase of what the reader already has: it opens nothing, and is cancelled and refunded
  duplicate boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL,
  -- the end of the last period that is settled
  paid_until timestamptz NOT NULL,
  -- when it will end without renewing; null: it renews
  ends_at timestamptz,
  ended_at timestamptz,
  stripe_subscription_id text NOT NULL UNIQUE,
  read_number bigint NOT NULL
);
CREATE INDEX subscriptions_by_reader ON subscriptions (reader_id);
CREATE INDEX subscriptions_by_order ON subscriptions (order_id);

CREATE TABLE entitlements (
  id uuid PRIMARY KEY,
  reader_id uuid NOT NULL REFERENCES readers (id),
  opens text[] NOT NULL,
  source text NOT NULL CHECK (source IN ('subscription', 'order')),
  order_id uuid NOT NULL REFERENCES orders (id),
  subscription_id uuid UNIQUE REFERENCES subscriptions (id),
  order_position integer,
  starts_at timestamptz NOT NULL,
  -- null: without end
  ends_at timestamptz,
  -- past ends_at, while Stripe draws up and charges the renewal
  runs_on_until timestamptz,
  -- why it waits (a dispute); null: it does not
  held text,
  CHECK ((source = 'subscription') = (subscription_id IS NOT NULL)),
  UNIQUE (order_id, order_position)
);
CREATE INDEX entitlements_by_reader ON entitlements (reader_id);
