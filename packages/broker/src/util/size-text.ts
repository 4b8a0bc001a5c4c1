/** Sizes as nats-server's log shows them. */

/** `17.66 GB`; below a kilobyte, and for what is unlimited, `-1 B`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  if (unit === 0) return `${bytes} B`;
  return `${size.toFixed(2)} ${units[unit] ?? ''}`;
}
