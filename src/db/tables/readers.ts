import type { Generated } from 'kysely'

export type StaffRole = 'owner' | 'editor' | 'support'

export interface ReaderTables {
  readers: {
    id: Generated<string>
    email: string
    name: string
    proved: boolean
    created_at: Date
    updated_at: Date
  }
  sessions: {
    id: Generated<string>
    reader_id: string
    token: string
    proved: boolean
    expires_at: Date
    created_at: Date
    updated_at: Date
  }
  sign_in_codes: {
    id: Generated<string>
    identifier: string
    value: string
    expires_at: Date
    created_at: Date
    updated_at: Date
  }
  sign_in_methods: {
    id: Generated<string>
    reader_id: string
    provider: string
    provider_id: string
    created_at: Date
    updated_at: Date
  }
  staff: { reader_id: string; role: StaffRole; since: Date }
  limits: { key: string; uses: number; ends_at: Date }
}
