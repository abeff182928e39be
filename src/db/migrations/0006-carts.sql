CREATE TABLE carts (
  id uuid PRIMARY KEY,
  promotion_code_id uuid REFERENCES promotion_codes (id),
  -- the slug of the article whose offer led here
  from_article text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX carts_oldest ON carts (updated_at);

CREATE TABLE cart_lines (
  cart_id uuid NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
  plan_id uuid NOT NULL REFERENCES plans (id),
  -- The price that the reader saw; it may have been replaced since.
  price_id uuid NOT NULL REFERENCES prices (id),
  quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 99),
  added_at timestamptz NOT NULL,
  PRIMARY KEY (cart_id, plan_id)
);
