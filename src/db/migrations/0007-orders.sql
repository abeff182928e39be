CREATE SEQUENCE order_numbers START 1001;

CREATE TABLE orders (
  id uuid PRIMARY KEY,
  number text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('pending', 'paid', 'failed', 'expired', 'partly_refunded', 'refunded', 'disputed')),
  email text NOT NULL CHECK (email = lower(email)),
  -- null until the order of a new address is paid
  reader_id uuid REFERENCES readers (id),
  -- whether settling this order made its reader: only then may its browser be signed in
  made_reader boolean NOT NULL DEFAULT false,
  cart_id uuid,
  -- what of the cart was ordered: the same cart posted again is the same order
  fingerprint text NOT NULL,
  -- SHA-256 of the secret in the cookie of the browser that ordered
  browser_hash text NOT NULL,
  browser_signed_in_at timestamptz,
  currency char(3) NOT NULL,
  subtotal bigint NOT NULL,
  discount bigint NOT NULL,
  tax bigint NOT NULL,
  total bigint NOT NULL,
  refunded bigint NOT NULL DEFAULT 0,
  promotion_code_id uuid REFERENCES promotion_codes (id),
  -- the slug of the article whose offer led here
  from_article text,
  attempt integer NOT NULL DEFAULT 1,
  -- the card as receipts show it: "Visa ending in 4242"
  card text,
  placed_at timestamptz NOT NULL,
  paid_at timestamptz,
  stripe_customer_id text,
  stripe_payment_intent_id text,
  stripe_subscription_id text
);
CREATE INDEX orders_newest ON orders (placed_at DESC, id DESC);
CREATE INDEX orders_by_state ON orders (state, placed_at DESC, id DESC);
CREATE INDEX orders_by_email ON orders (email text_pattern_ops, placed_at DESC);
CREATE INDEX orders_by_reader ON orders (reader_id, placed_at DESC);
CREATE INDEX orders_pending_of_cart ON orders (cart_id) WHERE state = 'pending';
CREATE INDEX orders_pending_of_browser ON orders (browser_hash) WHERE state = 'pending';
CREATE INDEX orders_by_payment_intent ON orders (stripe_payment_intent_id);
CREATE INDEX orders_by_subscription ON orders (stripe_subscription_id);

CREATE TABLE order_lines (
  order_id uuid NOT NULL REFERENCES orders (id),
  position integer NOT NULL,
  plan_id uuid NOT NULL REFERENCES plans (id),
  price_id uuid NOT NULL REFERENCES prices (id),
  stripe_price_id text,
  name text NOT NULL,
  kind text NOT NULL,
  interval text,
  lasts_months integer,
  opens text[] NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_amount bigint NOT NULL,
  total bigint NOT NULL,
  PRIMARY KEY (order_id, position)
);

-- What the reader agreed to, word for word.
CREATE TABLE order_consents (
  order_id uuid NOT NULL REFERENCES orders (id),
  name text NOT NULL,
  text text NOT NULL,
  given_at timestamptz NOT NULL,
  PRIMARY KEY (order_id, name)
);

CREATE TABLE checkout_sessions (
  id text PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  attempt integer NOT NULL,
  url text,
  state text NOT NULL CHECK (state IN ('open', 'complete', 'expired')),
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX checkout_sessions_by_order ON checkout_sessions (order_id);

CREATE TABLE payments (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  kind text NOT NULL CHECK (kind IN ('first', 'renewal')),
  currency char(3) NOT NULL,
  amount bigint NOT NULL,
  -- what it was for at Stripe: an invoice's id, or a payment intent's where there is no invoice, or the session's
  stripe_source_id text NOT NULL UNIQUE,
  stripe_payment_intent_id text,
  paid_at timestamptz NOT NULL
);
CREATE INDEX payments_by_order ON payments (order_id, paid_at);
CREATE INDEX payments_by_payment_intent ON payments (stripe_payment_intent_id);

CREATE TABLE refunds (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  currency char(3) NOT NULL,
  amount bigint NOT NULL,
  state text NOT NULL,
  reason text NOT NULL,
  -- null until Stripe has it
  stripe_refund_id text UNIQUE,
  asked_at timestamptz NOT NULL,
  read_number bigint NOT NULL DEFAULT 0
);
CREATE INDEX refunds_by_order ON refunds (order_id, asked_at);

CREATE TABLE disputes (
  stripe_dispute_id text PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  currency char(3) NOT NULL,
  amount bigint NOT NULL,
  state text NOT NULL,
  opened_at timestamptz NOT NULL,
  read_number bigint NOT NULL DEFAULT 0
);
CREATE INDEX disputes_by_order ON disputes (order_id);

-- What happened to an order, line by line; never changed.
CREATE TABLE order_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  at timestamptz NOT NULL,
  text text NOT NULL,
  -- reader, staff, stripe or newsstand
  by text NOT NULL
);
CREATE INDEX order_history_by_order ON order_history (order_id, id);

-- Stripe's customer of a reader: one for each currency.
CREATE TABLE stripe_customers (
  reader_id uuid NOT NULL REFERENCES readers (id),
  currency char(3) NOT NULL,
  stripe_customer_id text NOT NULL UNIQUE,
  PRIMARY KEY (reader_id, currency)
);

-- Numbers each read of Stripe, so that an older answer cannot overwrite a newer one.
CREATE SEQUENCE stripe_reads;
