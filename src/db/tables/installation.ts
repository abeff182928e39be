export interface InstallationTables {
  installation: {
    id: string
    mode: 'sandbox' | 'test' | 'live'
    stripe_account_id: string | null
    publication_name: string
    tagline: string
    locale: string
    zone: string
    currency: string
    created_at: Date
    seeded_at: Date | null
  }
}
