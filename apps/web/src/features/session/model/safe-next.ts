/** Where to go after the login: only to a page of this console, whatever the link said. */
export function safeNext(next: string | undefined): string {
  if (next === undefined || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/';
  return next.startsWith('/login') || next.startsWith('/setup') ? '/' : next;
}
