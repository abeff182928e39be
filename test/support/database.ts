import pg from 'pg'
import { ofRun } from './run.ts'
import { addressOf, dropDatabase } from './template.ts'

export interface ClonedDatabase {
  url: string
  /** Ends every session in it and removes it. */
  drop(): Promise<void>
}

let clones = 0

/** A database of the caller's own, migrated and otherwise empty, copied from the template of this run. */
export async function cloneDatabase(): Promise<ClonedDatabase> {
  const template = ofRun('template')
  clones += 1
  const name = `${template}_${process.pid}_${clones}`
  // Quicker than the default, which writes every page to the journal as well: nothing is synced here anyway.
  await execute(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`)
  return {
    url: addressOf(ofRun('postgres'), name),
    drop: () => dropDatabase(execute, name),
  }
}

async function execute(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: ofRun('postgres'), application_name: 'newsstand test' })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
