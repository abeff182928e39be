-- One row: whose database this is. `mode` and `stripe_account_id` refuse a start against another world.
CREATE TABLE installation (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  id uuid NOT NULL,
  mode text NOT NULL CHECK (mode IN ('sandbox', 'test', 'live')),
  stripe_account_id text,
  publication_name text NOT NULL,
  tagline text NOT NULL,
  locale text NOT NULL,
  zone text NOT NULL,
  currency char(3) NOT NULL,
  created_at timestamptz NOT NULL,
  seeded_at timestamptz
);
