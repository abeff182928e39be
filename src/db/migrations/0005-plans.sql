CREATE TABLE plans (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name text NOT NULL,
  summary text NOT NULL,
  -- subscription: renews; pass: paid once, opens for `lasts_months`; gift: paid once, for somebody else.
  kind text NOT NULL CHECK (kind IN ('subscription', 'pass', 'gift')),
  opens text[] NOT NULL,
  lasts_months integer CHECK (lasts_months > 0),
  active boolean NOT NULL,
  position integer NOT NULL,
  created_at timestamptz NOT NULL,
  stripe_product_id text UNIQUE,
  CHECK ((kind = 'subscription') = (lasts_months IS NULL))
);

-- An amount never changes: a new one is a new row, and the old one stops being active.
CREATE TABLE prices (
  id uuid PRIMARY KEY,
  plan_id uuid NOT NULL REFERENCES plans (id),
  currency char(3) NOT NULL,
  unit_amount bigint NOT NULL CHECK (unit_amount >= 0),
  -- null: paid once
  interval text CHECK (interval IN ('month', 'year')),
  active boolean NOT NULL,
  created_at timestamptz NOT NULL,
  stripe_price_id text UNIQUE
);
CREATE UNIQUE INDEX prices_one_active ON prices (plan_id, currency) WHERE active;

CREATE TABLE promotion_codes (
  id uuid PRIMARY KEY,
  code text NOT NULL UNIQUE CHECK (code = upper(code) AND code ~ '^[A-Z0-9][A-Z0-9-]{2,39}$'),
  percent_off numeric(5, 2) CHECK (percent_off > 0 AND percent_off <= 100),
  amount_off bigint CHECK (amount_off > 0),
  currency char(3),
  duration text NOT NULL CHECK (duration IN ('once', 'forever')),
  -- null: any plan
  plan_id uuid REFERENCES plans (id),
  -- null: no limit
  redemptions_limit integer CHECK (redemptions_limit > 0),
  redemptions integer NOT NULL DEFAULT 0,
  expires_at timestamptz,
  active boolean NOT NULL,
  created_at timestamptz NOT NULL,
  stripe_coupon_id text UNIQUE,
  CHECK ((percent_off IS NULL) <> (amount_off IS NULL)),
  CHECK ((amount_off IS NULL) = (currency IS NULL))
);
