/** Questions that are asked at the same moment are answered by one call, as those of an expansion over a list are. */
export class Together<R> {
  readonly #answer: (questions: string[]) => Promise<R>
  #waiting = new Set<string>()
  #next: Promise<R> | null = null

  constructor(answer: (questions: string[]) => Promise<R>) {
    this.#answer = answer
  }

  /** Resolves to the answer to all that were asked together. */
  ask(question: string): Promise<R> {
    this.#waiting.add(question)
    this.#next ??= Promise.resolve().then(() => {
      const questions = [...this.#waiting]
      this.#waiting = new Set()
      this.#next = null
      return this.#answer(questions)
    })
    return this.#next
  }
}
