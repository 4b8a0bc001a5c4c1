/** An answer or the text that refuses the question; monitoring never throws for what was asked. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** What was asked for. */
export function answer<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** Why the question is refused; the text is shown as it is. */
export function refusal(error: string): Result<never> {
  return { ok: false, error };
}
