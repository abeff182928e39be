-- In which order orders were placed: of two by one buyer, the later one closes the payment page of the earlier.
ALTER TABLE orders ADD COLUMN turn bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX orders_pending_of_email ON orders (email) WHERE state = 'pending';
CREATE INDEX orders_by_promotion ON orders (promotion_code_id, state) WHERE promotion_code_id IS NOT NULL;

-- Whether a reader may pay with the code in one order only.
ALTER TABLE promotion_codes ADD COLUMN once_per_reader boolean NOT NULL DEFAULT false;
