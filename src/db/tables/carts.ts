export interface CartTables {
  carts: {
    id: string
    promotion_code_id: string | null
    from_article: string | null
    created_at: Date
    updated_at: Date
  }
  cart_lines: { cart_id: string; plan_id: string; price_id: string; quantity: number; added_at: Date }
}
