-- The end of the period that a publisher gives away while collection is paused at Stripe; null: none was given.
ALTER TABLE subscriptions ADD COLUMN given_until timestamptz;

-- Staff let it open again in spite of a full refund or of a lost dispute.
ALTER TABLE entitlements ADD COLUMN released boolean NOT NULL DEFAULT false;

UPDATE entitlements SET held = 'dispute_lost'
WHERE held = 'dispute'
  AND EXISTS (SELECT 1 FROM disputes WHERE disputes.order_id = entitlements.order_id AND disputes.state = 'lost');

-- line_ended: staff ended what this line of the order opens.
ALTER TABLE entitlements ADD CHECK (held IN ('dispute', 'refund', 'dispute_lost', 'line_ended'));
