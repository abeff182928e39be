import { type RawBuilder, sql } from 'kysely'
import { type AccountSettings, parseAccountSettings } from '../account/account-settings.ts'
import type { EventData, SandboxTransaction } from '../tables.ts'
import { asOf } from './as-of.ts'
import { changedFields } from './changed-fields.ts'
import type { Hidden } from './hidden.ts'
import { newId } from './ids.ts'
import { indexes, refsOf, valueAt } from './indexes.ts'
import type { Kind, Shapes } from './shapes.ts'
import { Together } from './together.ts'

export interface Stored<K extends Kind> {
  kind: K
  data: Shapes[K]
  hidden: Hidden<K>
  deleted: boolean
}

/** What caused a change: an API request, or null ids when it was time or a page. */
export interface Cause {
  id: string | null
  idempotency_key: string | null
}

interface Entry {
  kind: Kind
  data: object
  hidden: object
  deleted: boolean
  locked: boolean
  changed: boolean
}

interface Row {
  id: string
  kind: Kind
  deleted: boolean
  data: object
  hidden: object
}

interface NewEvent {
  type: string
  data: EventData
}

/**
 * One unit of work in one transaction: objects that were read, what was changed in them, and the events that tell of it.
 * Nothing is written before `flush`, which writes all in a few statements whatever their number.
 */
export class Work {
  readonly tx: SandboxTransaction
  /** The sandbox's time, in seconds. */
  readonly now: number
  readonly cause: Cause
  readonly account: AccountSettings
  /** Where the sandbox's own pages are, without a slash at the end. */
  readonly url: string
  readonly #enabledEvents: readonly string[]
  readonly #entries = new Map<string, Entry>()
  readonly #events: NewEvent[] = []
  readonly #found = new Together((ids) => this.load(ids, false))
  readonly #listed = new Together((questions) => this.#listMany(questions))
  readonly #later: (() => void)[] = []

  constructor(options: {
    tx: SandboxTransaction
    now: number
    url: string
    cause?: Cause
    account?: AccountSettings
    enabledEvents?: readonly string[]
  }) {
    this.tx = options.tx
    this.now = options.now
    this.url = options.url
    this.#enabledEvents = options.enabledEvents ?? ['*']
    this.account = options.account ?? parseAccountSettings({})
    this.cause = options.cause ?? { id: null, idempotency_key: null }
  }

  /** One object; null when there is none of that kind with that id. A deleted one is found, and says so. */
  async find<K extends Kind>(kind: K, id: string): Promise<Stored<K> | null> {
    if (!this.#entries.has(id)) await this.#found.ask(id)
    return this.#loaded(kind, id)
  }

  /** Like `find`, and holds the row until the transaction ends. A customer's row is taken before what belongs to it. */
  async take<K extends Kind>(kind: K, id: string): Promise<Stored<K> | null> {
    if (!this.#entries.get(id)?.locked) await this.load([id], true)
    return this.#loaded(kind, id)
  }

  /** Reads objects of any kinds at once, so that a later `find` or `take` needs no statement of its own. */
  async load(ids: string[], lock: boolean): Promise<void> {
    const wanted = ids.filter((id) => !(this.#entries.get(id)?.locked ?? false))
    if (wanted.length === 0) return
    const { rows } = await sql<Row>`
      select id, kind, deleted, data, hidden from sandbox.objects
      where id = any(${wanted}::text[]) order by seq ${lock ? sql`for update` : sql``}`.execute(this.tx)
    this.#keep(rows, lock)
  }

  /** Objects of a kind with all these refs (see indexes.ts), newest first, those of this work included. */
  async list<K extends Kind>(kind: K, refs: Record<string, string>, limit = 1000): Promise<Stored<K>[]> {
    const wanted = Object.entries(refs).map(([name, value]) => `${name}:${value}`)
    const [only, ...more] = wanted
    const alone = only !== undefined && more.length === 0 && limit === 1000
    const ids = alone
      ? await this.#listed.ask(`${kind} ${only}`)
      : await this.#listIds(sql`kind = ${kind} and refs @> ${wanted}::text[]`, limit)
    const unwritten = [...this.#entries].filter(
      ([id, entry]) => entry.changed && entry.kind === kind && !ids.includes(id),
    )
    return [...unwritten.reverse().map(([id]) => id), ...ids]
      .map((id) => this.#loaded(kind, id))
      .filter((stored) => stored !== null)
      .filter((stored) => !stored.deleted && wanted.every((ref) => refsOf(kind, stored.data).includes(ref)))
  }

  /** Adds or replaces an object. What was read before must not be altered in place: events hold it as it was. */
  put<K extends Kind>(kind: K, data: Shapes[K], hidden: Hidden<K>): Shapes[K] {
    const { id } = data
    const before = this.#entries.get(id)
    this.#entries.set(id, {
      kind,
      data,
      hidden,
      deleted: false,
      locked: before?.locked ?? true,
      changed: true,
    })
    return data
  }

  /** Changes some fields of an object that was taken, and tells of it with `event` if one is named. */
  change<K extends Kind>(kind: K, id: string, patch: Partial<Shapes[K]>, event?: string): Shapes[K] {
    const before = this.#loaded(kind, id)
    if (!before) throw new Error(`${kind} ${id} was changed without having been taken`)
    const data = this.put(kind, { ...before.data, ...patch }, before.hidden)
    if (event) this.tell(event, data, before.data)
    return data
  }

  /** Changes what the API does not show of an object that was taken. */
  hide<K extends Kind>(kind: K, id: string, patch: Partial<Hidden<K>>): void {
    const before = this.#loaded(kind, id)
    if (!before) throw new Error(`${kind} ${id} was changed without having been taken`)
    this.put(kind, before.data, { ...before.hidden, ...patch })
  }

  /** Leaves of an object only that it was deleted. */
  remove(kind: Kind, id: string): { id: string; object: string; deleted: true } {
    const data = { id, object: kind, deleted: true } as const
    this.#entries.set(id, { kind, data, hidden: {}, deleted: true, locked: true, changed: true })
    return data
  }

  /** Adds an event; `before` is the object as it was, of which the event names the fields that changed. */
  tell(type: string, object: object, before?: object): void {
    const data: EventData = { object }
    if (before) data.previous_attributes = changedFields(before, object)
    this.#events.push({ type, data })
  }

  /** An object that this work has already read or made. */
  held<K extends Kind>(kind: K, id: string): Shapes[K] {
    const stored = this.#loaded(kind, id)
    if (!stored) throw new Error(`${kind} ${id} has not been read`)
    return stored.data
  }

  /** What has been read or made under an id, of whatever kind; undefined: nothing. */
  peek(id: string): { kind: Kind; data: object; hidden: object } | undefined {
    return this.#entries.get(id)
  }

  /** Something that the API does a moment later, and tells of after everything else. */
  afterwards(step: () => void): void {
    this.#later.push(step)
  }

  /** Waits until no other transaction holds this name, and holds it to the end: for what has no row to take yet. */
  async hold(name: string): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended('sandbox ' || ${name}, 0))`.execute(this.tx)
  }

  /** Writes everything down, in one statement. Resolves to the number of events. */
  async flush(): Promise<number> {
    for (const step of this.#later.splice(0)) step()
    const objects = [...this.#entries].filter(([, { changed }]) => changed).map(([id, one]) => rowOf(id, one))
    const events = this.#events.map((event) => ({
      id: newId('evt_'),
      object_id: idOf(event.data.object),
      lane: this.#laneOf(event.data.object),
      ...event,
    }))
    if (objects.length > 0 || events.length > 0) await this.#write(objects, events)
    return events.length
  }

  /** The customer that an object has, or what it belongs to has; otherwise the object itself. */
  #laneOf(object: object): string | null {
    const owner = ['invoice', 'charge', 'payment_intent'].map((name) => valueAt(object, name)).find(isText)
    const own = valueAt(object, 'customer') ?? (owner && valueAt(this.#entries.get(owner)?.data, 'customer'))
    return isText(own) ? own : (owner ?? idOf(object))
  }

  /** Several kinds and refs at once, each as `kind name:value`; which object is whose is for the caller to tell. */
  async #listMany(questions: string[]): Promise<string[]> {
    const pairs = questions.map((question) => {
      const space = question.indexOf(' ')
      return { kind: question.slice(0, space), ref: question.slice(space + 1) }
    })
    const each = [...Map.groupBy(pairs, ({ kind }) => kind)].map(
      ([kind, of]) => sql`(kind = ${kind} and refs && ${of.map(({ ref }) => ref)}::text[])`,
    )
    return this.#listIds(sql`(${sql.join(each, sql` or `)})`, 1000 * questions.length)
  }

  async #listIds(where: RawBuilder<unknown>, limit: number): Promise<string[]> {
    const { rows } = await sql<Row>`
      select id, kind, deleted, data, hidden from sandbox.objects where ${where} and not deleted
      order by seq desc limit ${limit}`.execute(this.tx)
    this.#keep(rows, false)
    return rows.map((row) => row.id)
  }

  /** Takes over what was read; what this work changed or holds stays as it is. */
  #keep(rows: Row[], locked: boolean): void {
    for (const { id, ...row } of rows) {
      const known = this.#entries.get(id)
      if (known?.changed || (known?.locked && !locked)) continue
      const data = asOf(row.kind, row.data, this.now)
      this.#entries.set(id, { ...row, data, locked, changed: false })
    }
  }

  #loaded<K extends Kind>(kind: K, id: string): Stored<K> | null {
    const entry = this.#entries.get(id)
    // The map is filled by `put<K>` and from rows whose kind names their shape.
    return entry?.kind === kind ? (entry as unknown as Stored<K>) : null
  }

  async #write(objects: object[], events: object[]): Promise<void> {
    await sql`
      with changed as (
        insert into sandbox.objects (id, kind, created, deleted, due_at, refs, data, hidden)
        select id, kind, created, deleted, due_at, array(select json_array_elements_text(refs)), data, hidden
        from rows from (json_to_recordset(${JSON.stringify(objects)}) as (id text, kind text, created bigint,
          deleted boolean, due_at bigint, refs json, data json, hidden json))
          with ordinality as row (id, kind, created, deleted, due_at, refs, data, hidden, n)
        order by n
        on conflict (id) do update set deleted = excluded.deleted, due_at = excluded.due_at,
          refs = excluded.refs, data = excluded.data, hidden = excluded.hidden
      ), told as (
        insert into sandbox.events (id, created, type, object_id, lane, data, request_id, idempotency_key)
        select id, ${this.now}::bigint, type, object_id, lane, data, ${this.cause.id}::text, ${this.cause.idempotency_key}::text
        from rows from (json_to_recordset(${JSON.stringify(events)}) as (id text, type text, object_id text, lane text, data json))
          with ordinality as row (id, type, object_id, lane, data, n)
        order by n returning id, type, seq
      ), wanted as (
        select told.id, told.seq, 'app' as endpoint from told where ${this.#enabledEvents}::text[] && array[told.type, '*']
        union all
        select told.id, told.seq, endpoint.id from told, sandbox.objects endpoint
        where endpoint.kind = 'webhook_endpoint' and not endpoint.deleted
          and endpoint.refs @> array['status:enabled']
          and (endpoint.data->'enabled_events')::jsonb ?| array[told.type, '*']
      ), delivered as (
        insert into sandbox.deliveries (event_id, endpoint, state, next_at)
        select id, endpoint, 'pending', to_timestamp(0) from wanted order by seq returning id
      )
      select pg_notify('sandbox_events', '') from delivered limit 1`.execute(this.tx)
  }
}

function rowOf(id: string, entry: Entry) {
  const due = indexes[entry.kind]?.due as ((data: object, hidden: object) => number | null) | undefined
  return {
    id,
    kind: entry.kind,
    created: 'created' in entry.data ? entry.data.created : 0,
    deleted: entry.deleted,
    due_at: entry.deleted ? null : (due?.(entry.data, entry.hidden) ?? null),
    refs: entry.deleted ? [] : refsOf(entry.kind, entry.data),
    data: entry.data,
    hidden: entry.hidden,
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function idOf(object: object): string | null {
  return 'id' in object && typeof object.id === 'string' ? object.id : null
}
