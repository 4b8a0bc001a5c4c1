/** How the official package for JWTs compares subjects, which is not how servers do. Source: nats-io/jwt v2 types.go Subject.IsContainedIn. */

/** Token by token, as the official package compares: `>` is covered by nothing but itself. */
export function isContainedIn(inner: string, outer: string): boolean {
  const [own, other] = [inner.split('.'), outer.split('.')];
  if (own.length > other.length && other.at(-1) !== '>') return false;
  if (own.length < other.length) return false;
  return other.every((token, index) => {
    if (token === '>' && index === other.length - 1) return true;
    return token === own[index] || token === '*';
  });
}
