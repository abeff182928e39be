/**
 * Does one thing at a time under each name, and but once for all who ask while it is being done: none of them asked after
 * it began, so what it then reads is at least as new as what each was told. For what may be done any number of times.
 */
export class SharedTurns<R> {
  readonly #running = new Map<string, Promise<R>>()
  readonly #next = new Map<string, Promise<R>>()

  /** Resolves, or rejects, as the turn does in which `work` was done, or somebody else's under the same name. */
  take(name: string, work: () => Promise<R>): Promise<R> {
    const running = this.#running.get(name)
    if (!running) return this.#begin(name, work)
    const next = this.#next.get(name) ?? this.#after(running, name, work)
    this.#next.set(name, next)
    return next
  }

  async #after(running: Promise<R>, name: string, work: () => Promise<R>): Promise<R> {
    await running.catch(() => {})
    this.#next.delete(name)
    return this.#begin(name, work)
  }

  #begin(name: string, work: () => Promise<R>): Promise<R> {
    const turn = work().finally(() => {
      if (this.#running.get(name) === turn) this.#running.delete(name)
    })
    this.#running.set(name, turn)
    return turn
  }
}
