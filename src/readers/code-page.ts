/** The address of the code form for `email`, once a code was mailed; `next` is a local path, or null. */
export function codePage(email: string, next: string | null): string {
  return `/sign-in/code?${new URLSearchParams({ email, ...(next ? { next } : {}) })}`
}
