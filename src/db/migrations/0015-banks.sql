-- When a slow bank was first asked for this order's money; null: it never was.
ALTER TABLE orders ADD COLUMN bank_asked_at timestamptz;

-- Whether a bank is being asked for the latest renewal, which takes it days.
ALTER TABLE subscriptions ADD COLUMN bank_asked boolean NOT NULL DEFAULT false;
