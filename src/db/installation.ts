import type { Selectable } from 'kysely'
import type { Transaction } from './database.ts'
import type { InstallationTables } from './tables/installation.ts'

/** Whose database this is, and how its publication writes dates and amounts. */
export type Installation = Selectable<InstallationTables['installation']>

/** null before the first start. */
export async function findInstallation(db: Transaction): Promise<Installation | null> {
  return (await db.selectFrom('installation').selectAll().executeTakeFirst()) ?? null
}

/** Writes the row unless another process was first. */
export async function createInstallation(db: Transaction, installation: Installation): Promise<void> {
  await db
    .insertInto('installation')
    .values(installation)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function updateInstallation(db: Transaction, changes: Partial<Installation>): Promise<void> {
  await db.updateTable('installation').set(changes).execute()
}
