-- Lines of paid orders that sold their reader what the reader had already: they open nothing, and are undone.
CREATE TABLE duplicates (
  order_id uuid NOT NULL,
  position integer NOT NULL,
  -- what the line took with its tax, after discounts: to be paid back
  amount bigint NOT NULL CHECK (amount >= 0),
  found_at timestamptz NOT NULL,
  -- null: still to be cancelled or paid back
  undone_at timestamptz,
  PRIMARY KEY (order_id, position),
  FOREIGN KEY (order_id, position) REFERENCES order_lines (order_id, position)
);
CREATE INDEX duplicates_owed ON duplicates (found_at) WHERE undone_at IS NULL;

-- Until now the whole order was paid back.
INSERT INTO duplicates (order_id, position, amount, found_at, undone_at)
SELECT orders.id, order_lines.position, orders.total, subscriptions.started_at,
  CASE WHEN orders.state = 'refunded' THEN subscriptions.started_at END
FROM subscriptions
JOIN orders ON orders.id = subscriptions.order_id
JOIN order_lines ON order_lines.order_id = orders.id AND order_lines.kind = 'subscription'
WHERE subscriptions.duplicate;
