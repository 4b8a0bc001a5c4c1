/**
 * Passwords of console users: scrypt with a salt each, in a thread of the pool so that the event loop goes on. An unknown user
 * costs as much as a known one. Stored form: `scrypt$<log2 N>$<r>$<p>$<salt base64url>$<key base64url>`.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** N = 2^15, r = 8: 32 MiB and about 0.1 s. Source: OWASP Password Storage Cheat Sheet, scrypt. */
const LOG2_N = 15;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const MAX_MEMORY_BYTES = 128 * 1024 * 1024;

/** Hash to store for `password`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, { N: 2 ** LOG2_N, r: BLOCK_SIZE, p: PARALLEL });
  return `scrypt$${LOG2_N}$${BLOCK_SIZE}$${PARALLEL}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** True when `password` belongs to `stored`. With `stored` undefined it takes as long and says false. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const parts = parseHash(stored ?? decoy);
  const key = await derive(password, parts.salt, { N: 2 ** parts.log2N, r: parts.r, p: parts.p });
  return timingSafeEqual(key, parts.key) && stored !== undefined;
}

const decoy = `scrypt$${LOG2_N}$${BLOCK_SIZE}$${PARALLEL}$${randomBytes(SALT_BYTES).toString('base64url')}$${randomBytes(KEY_BYTES).toString('base64url')}`;

interface HashParts {
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

/** True for what `hashPassword` makes. */
export function isPasswordHash(text: string): boolean {
  return soundParts(text) !== undefined;
}

function parseHash(stored: string): HashParts {
  const parts = soundParts(stored);
  if (parts === undefined) throw new Error('a stored password is damaged');
  return parts;
}

function soundParts(stored: string): HashParts | undefined {
  const [scheme, log2N, r, p, salt, key] = stored.split('$');
  const parts: HashParts = {
    log2N: Number(log2N),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt ?? '', 'base64url'),
    key: Buffer.from(key ?? '', 'base64url'),
  };
  const isSound = scheme === 'scrypt' && parts.log2N >= 14 && parts.log2N <= 17 && parts.r === 8 && parts.p >= 1 && parts.p <= 4;
  return isSound && parts.key.byteLength === KEY_BYTES && parts.salt.byteLength >= 8 ? parts : undefined;
}

function derive(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, { ...cost, maxmem: MAX_MEMORY_BYTES }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** Why `password` may not be chosen, or undefined. The schema has already checked its length. */
export function passwordProblem(password: string, username: string): string | undefined {
  const plain = password.toLowerCase();
  if (username.length >= 4 && plain.includes(username.toLowerCase())) return 'must not contain the user name';
  if (new Set(plain).size < 5) return 'must have at least 5 different characters';
  const base = plain.replace(/[^a-z]/g, '');
  if (commonStems.some((stem) => base === stem || base === stem + stem)) return 'is one of the first that attackers try';
  return undefined;
}

/** Letters of passwords of 12 and more characters that lead the published lists, digits and signs left out. */
const commonStems: readonly string[] = [
  'password',
  'passwordpassword',
  'qwertyuiop',
  'qwertyqwerty',
  'administrator',
  'changeme',
  'changemenow',
  'letmein',
  'letmeinletmein',
  'iloveyou',
  'welcome',
  'welcomewelcome',
  'adminadmin',
  'admin',
  'sluice',
  'nats',
  'natsserver',
  'secret',
  'secretsecret',
  'abcdefghijkl',
  'qwerty',
  'asdfghjkl',
  'zxcvbnm',
  'correcthorsebatterystaple',
  'trustno',
  'default',
];
