-- The outbox: every mail that was to be sent, written in the transaction that caused it.
CREATE TABLE mails (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  address text NOT NULL,
  subject text NOT NULL,
  -- null: erased, since it held a code
  body_text text,
  body_html text,
  -- whether the bodies are erased as soon as the mail has left or cannot leave any more
  secret boolean NOT NULL,
  reader_id uuid REFERENCES readers (id) ON DELETE SET NULL,
  -- the order it is about; orders are younger than this table
  order_id uuid,
  -- by the publication's time
  queued_at timestamptz NOT NULL,
  sent_at timestamptz,
  given_up_at timestamptz,
  -- by real time: not worth sending later than this; null: always worth it
  useless_after timestamptz,
  -- by real time: until then one process alone may send it
  claimed_until timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  last_error text,
  CHECK (sent_at IS NULL OR given_up_at IS NULL),
  CHECK (NOT secret OR (sent_at IS NULL AND given_up_at IS NULL) OR (body_text IS NULL AND body_html IS NULL))
);
CREATE INDEX mails_newest ON mails (queued_at DESC, id DESC);
CREATE INDEX mails_by_order ON mails (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX mails_by_reader ON mails (reader_id) WHERE reader_id IS NOT NULL;
