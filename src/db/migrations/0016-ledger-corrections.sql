-- A payment that Stripe turns out to know nothing of is taken off the books by a posting that reverses it.
ALTER TABLE ledger_postings DROP CONSTRAINT ledger_postings_kind_check;
ALTER TABLE ledger_postings ADD CONSTRAINT ledger_postings_kind_check
  CHECK (kind IN ('payment', 'payment_undone', 'refund', 'refund_undone', 'arrival', 'dispute'));
