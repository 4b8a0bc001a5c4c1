/** Eight characters that stand for a name: of a server, an account, a source. Source: nats-server server/server.go getHash. */
import { createHash } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const HASH_LENGTH = 8;

/** Eight characters that stand for a name. */
export function nameHash(name: string): string {
  const digest = createHash('sha256').update(name).digest();
  let hash = '';
  for (let index = 0; index < HASH_LENGTH; index++) hash += DIGITS.charAt((digest[index] ?? 0) % DIGITS.length);
  return hash;
}
