/**
 * Against guessing of passwords and tokens: each address, and each user, has a budget of wrong answers that fills up slowly. When it is
 * used up, further attempts are refused without being looked at, with the same text and at once, so that nobody learns anything and no
 * connection is held for it. Credentials that were right before are never held up: trying them again is no guess.
 */
import { createHmac } from 'node:crypto';
import type { ConnectOptions } from '@sluice/protocol';
import type { Clock, Random } from '../env/env.ts';

/** Wrong answers at once, enough for a fleet with a typing error. */
export const GUESS_BURST = 100;
/** Wrong answers per second after that. */
export const GUESSES_PER_SECOND = 5;
/** Addresses and users that are remembered; the one seen longest ago goes first. */
const MAX_REMEMBERED = 10_000;
const KEY_BYTES = 32;
/** Hextets of an IPv6 address that name its network. */
const NETWORK_PARTS = 4;

interface Budget {
  tokens: number;
  atMs: number;
}

/** What an attempt has taken from the budgets; given back when the credentials were right. */
export interface Attempt {
  readonly keys: readonly string[];
  readonly digest: string;
}

export class GuessLimiter {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly digestKey: Uint8Array;
  private readonly budgets: Map<string, Budget> = new Map();
  private readonly known: Set<string> = new Set();

  constructor(clock: Pick<Clock, 'monotonicMs'>, random: Random) {
    this.clock = clock;
    this.digestKey = random.bytes(KEY_BYTES);
  }

  /** Takes from the budgets; undefined when one of them is used up and the attempt must not be looked at. */
  begin(address: string, connect: ConnectOptions): Attempt | undefined {
    const { user = '', pass = '', auth_token: token = '' } = connect;
    if (pass === '' && token === '' && user === '') return { keys: [], digest: '' };
    const digest = createHmac('sha256', this.digestKey)
      .update(JSON.stringify([user, pass, token]))
      .digest('base64');
    if (this.known.has(digest)) return { keys: [], digest };
    const keys = [`address ${networkOf(address)}`, ...(user === '' ? [] : [`user ${user.slice(0, 256)}`])];
    const budgets = keys.map((key) => this.budgetOf(key));
    if (budgets.some(({ tokens }) => tokens < 1)) return undefined;
    for (const budget of budgets) budget.tokens--;
    return { keys, digest };
  }

  /** The credentials were right. */
  succeed({ keys, digest }: Attempt): void {
    for (const key of keys) {
      const budget = this.budgets.get(key);
      if (budget !== undefined) budget.tokens = Math.min(GUESS_BURST, budget.tokens + 1);
    }
    if (digest === '' || this.known.has(digest)) return;
    this.known.add(digest);
    dropOldest(this.known);
  }

  private budgetOf(key: string): Budget {
    const nowMs = this.clock.monotonicMs();
    const budget = this.budgets.get(key) ?? { tokens: GUESS_BURST, atMs: nowMs };
    budget.tokens = Math.min(GUESS_BURST, budget.tokens + ((nowMs - budget.atMs) / 1000) * GUESSES_PER_SECOND);
    budget.atMs = nowMs;
    this.budgets.delete(key);
    this.budgets.set(key, budget);
    dropOldest(this.budgets);
    return budget;
  }
}

function dropOldest(entries: Map<string, unknown> | Set<string>): void {
  if (entries.size <= MAX_REMEMBERED) return;
  for (const key of entries.keys()) {
    entries.delete(key);
    return;
  }
}

/** One host usually has a whole IPv6 network of 64 bits to choose from. */
function networkOf(address: string): string {
  return address.includes(':') ? address.split(':').slice(0, NETWORK_PARTS).join(':') : address;
}
