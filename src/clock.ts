/**
 * The time by which rules are decided: the publication's, which in sandbox mode can be moved.
 * Sign-in, limits, signatures and retries use real time (`realClock`) even there.
 */
export type Clock = () => Date

/** The machine's own time. */
export const realClock: Clock = () => new Date()
