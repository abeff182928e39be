export type StaffRole = 'owner' | 'editor' | 'support'

export interface ReaderTables {
  readers: {
    id: string
    email: string
    name: string
    proved: boolean
    created_at: Date
    updated_at: Date
  }
  sessions: {
    id: string
    reader_id: string
    token: string
    proved: boolean
    expires_at: Date
    created_at: Date
    updated_at: Date
  }
  sign_in_codes: {
    id: string
    identifier: string
    value: string
    expires_at: Date
    created_at: Date
    updated_at: Date
  }
  sign_in_methods: {
    id: string
    reader_id: string
    provider: string
    provider_id: string
    created_at: Date
    updated_at: Date
  }
  staff: { reader_id: string; role: StaffRole; since: Date }
  limits: { key: string; uses: number; ends_at: Date }
}
