ALTER TABLE drift
  -- an address of staff, or 'newsstand' where the difference had gone by itself; null while it is open
  ADD COLUMN closed_by text,
  ADD COLUMN closed_how text,
  -- real time; somebody is at it until then
  ADD COLUMN mending_until timestamptz,
  -- why the last try to mend it failed, in words
  ADD COLUMN last_error text;
CREATE INDEX drift_newest ON drift (found_at DESC, id DESC);
CREATE INDEX drift_by_order ON drift (order_id);

-- One look at everything that Stripe and we hold, page by page; it can die and go on.
CREATE TABLE comparisons (
  id uuid PRIMARY KEY,
  -- an address of staff; null: it was due
  asked_by text,
  started_at timestamptz NOT NULL,
  -- what is younger waits for its events
  as_of timestamptz NOT NULL,
  stage text NOT NULL,
  -- the last that was looked at in this stage; null: none yet
  place text,
  looked_at bigint NOT NULL DEFAULT 0,
  found integer NOT NULL DEFAULT 0,
  closed integer NOT NULL DEFAULT 0,
  -- which process is at it, and until when (real time) no other is
  claim uuid,
  claimed_until timestamptz,
  last_error text,
  finished_at timestamptz
);
CREATE UNIQUE INDEX comparisons_one_at_a_time ON comparisons ((true)) WHERE finished_at IS NULL;
CREATE INDEX comparisons_newest ON comparisons (started_at DESC);

-- What a comparison met at Stripe, so that it can tell what of ours Stripe has not.
CREATE TABLE comparison_seen (
  comparison_id uuid NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
  stripe_id text NOT NULL,
  PRIMARY KEY (comparison_id, stripe_id)
);

-- What may be a difference, until it is looked at again.
CREATE TABLE comparison_suspects (
  comparison_id uuid NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
  kind text NOT NULL,
  subject text NOT NULL,
  PRIMARY KEY (comparison_id, kind, subject)
);
