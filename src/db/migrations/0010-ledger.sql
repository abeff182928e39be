-- What happened to money, as balanced sets of entries. Written once: a correction is a new posting that reverses.
CREATE TABLE ledger_postings (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  kind text NOT NULL CHECK (kind IN ('payment', 'refund', 'refund_undone', 'arrival', 'dispute')),
  -- the cause: an invoice's, payment intent's or session's id; a refund's; or a balance transaction's
  stripe_id text NOT NULL,
  -- the payment intent that took the money in question; null: none did
  stripe_payment_intent_id text,
  -- when it happened, by Stripe's time
  at timestamptz NOT NULL,
  -- when it was written down
  posted_at timestamptz NOT NULL,
  UNIQUE (kind, stripe_id)
);
CREATE INDEX ledger_postings_by_order ON ledger_postings (order_id, id);
CREATE INDEX ledger_postings_by_intent ON ledger_postings (stripe_payment_intent_id);
CREATE INDEX ledger_postings_by_time ON ledger_postings (at, id);

CREATE TABLE ledger_entries (
  posting_id bigint NOT NULL REFERENCES ledger_postings (id),
  line smallint NOT NULL,
  account text NOT NULL CHECK (account IN (
    'stripe_balance', 'stripe_pending', 'sales', 'discounts', 'tax', 'fees', 'refunds', 'disputes', 'credit', 'exchange'
  )),
  currency char(3) NOT NULL,
  -- minor units; what the account receives is positive, what it gives is negative
  amount bigint NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (posting_id, line)
);
CREATE INDEX ledger_entries_pending ON ledger_entries (posting_id) WHERE account = 'stripe_pending';

-- What a payment was for: so much, for so many months from then on.
CREATE TABLE ledger_terms (
  posting_id bigint NOT NULL REFERENCES ledger_postings (id),
  line smallint NOT NULL,
  currency char(3) NOT NULL,
  -- without tax, after discounts; negative for time that is given back in a change of plan
  amount bigint NOT NULL CHECK (amount <> 0),
  starts_at timestamptz NOT NULL,
  months integer NOT NULL CHECK (months > 0),
  PRIMARY KEY (posting_id, line)
);

-- The payment intents that took money for an order, those of payments that wait for staff included.
CREATE TABLE ledger_intents (
  stripe_payment_intent_id text PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  noted_at timestamptz NOT NULL
);
CREATE INDEX ledger_intents_by_order ON ledger_intents (order_id, noted_at);

CREATE FUNCTION ledger_must_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  posting bigint;
BEGIN
  posting := CASE TG_TABLE_NAME WHEN 'ledger_postings' THEN (to_jsonb(NEW)->>'id')::bigint
    ELSE (to_jsonb(NEW)->>'posting_id')::bigint END;
  IF NOT EXISTS (SELECT FROM ledger_entries WHERE posting_id = posting) THEN
    RAISE EXCEPTION 'ledger posting % has no entries', posting USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (
    SELECT FROM ledger_entries WHERE posting_id = posting GROUP BY currency HAVING sum(amount) <> 0
  ) THEN
    RAISE EXCEPTION 'ledger posting % does not balance', posting USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

-- At the commit, when all entries of a posting are there.
CREATE CONSTRAINT TRIGGER ledger_postings_balance AFTER INSERT ON ledger_postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_must_balance();
CREATE CONSTRAINT TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_must_balance();

CREATE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is never changed: post a reversal' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_postings_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final();
CREATE TRIGGER ledger_entries_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final();
CREATE TRIGGER ledger_terms_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_terms
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final();
