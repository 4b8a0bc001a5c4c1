/** File names of includes, joined as Go's path/filepath does on Unix; this package may not ask the system. */

/** The folder of a file name; `.` when it has none. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return clean(slash < 0 ? '' : path.slice(0, slash + 1));
}

/** Joins and cleans. A name that begins with a slash is joined like any other: so it is in nats-server. */
export function joinPath(folder: string, name: string): string {
  return clean([folder, name].filter((part) => part !== '').join('/'));
}

function clean(path: string): string {
  if (path === '') return '.';
  const isRooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    const canClimb = parts.length > 0 && parts.at(-1) !== '..';
    if (part === '..' && canClimb) parts.pop();
    else if (part !== '..' || !isRooted) parts.push(part);
  }
  const joined = (isRooted ? '/' : '') + parts.join('/');
  return joined === '' ? '.' : joined;
}
