/** Query parameters, read as Go's strconv reads them and refused in its words. Source: nats-server server/monitor.go decodeBool, decodeInt. */
import { goQuote } from '@sluice/protocol';
import { ConnState } from './connz.ts';

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** Go's url.ParseQuery drops a pair with a semicolon or a broken escape, and keeps the others. */
const isReadable = (pair: string): boolean => !pair.includes(';') && !/%(?![0-9a-f]{2})/i.test(pair);

/** Reads parameters one by one; the first that is wrong is kept as `error`, and the caller asks for it once at the end. */
export class Query {
  /** The text of the 400 answer, or undefined while all is well. */
  error: string | undefined;
  private readonly parameters: URLSearchParams;

  constructor(search: string) {
    this.parameters = new URLSearchParams(search.split('&').filter(isReadable).join('&'));
  }

  text(name: string): string {
    return this.parameters.get(name) ?? '';
  }

  boolean(name: string): boolean {
    const value = this.text(name);
    if (value === '' || FALSE.has(value)) return false;
    if (TRUE.has(value)) return true;
    this.fail(`Error decoding boolean for '${name}': strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`);
    return false;
  }

  int(name: string): number {
    return this.number(name, { pattern: /^[+-]?\d+$/, kind: 'int', parser: 'strconv.Atoi', max: INT64_MAX });
  }

  uint(name: string): number {
    return this.number(name, { pattern: /^\d+$/, kind: 'uint64', parser: 'strconv.ParseUint', max: UINT64_MAX });
  }

  /** Larger numbers than 2^53 lose digits, which no count here reaches. */
  private number(name: string, form: { pattern: RegExp; kind: string; parser: string; max: bigint }): number {
    const value = this.text(name);
    if (value === '') return 0;
    const error = !form.pattern.test(value) || value.length > 32 ? 'invalid syntax' : undefined;
    if (error === undefined) {
      const exact = BigInt(value.replace(/^\+/, ''));
      if (exact <= form.max && exact >= -form.max - 1n) return Number(exact);
    }
    const problem = error ?? 'value out of range';
    this.fail(`Error decoding ${form.kind} for '${name}': ${form.parser}: parsing ${goQuote(value)}: ${problem}`);
    return 0;
  }

  /** `subs=detail`, or a boolean. */
  subscriptions(): { withSubscriptions: boolean; withSubscriptionDetail: boolean } {
    if (this.text('subs').toLowerCase() === 'detail') return { withSubscriptions: true, withSubscriptionDetail: true };
    return { withSubscriptions: this.boolean('subs'), withSubscriptionDetail: false };
  }

  state(): ConnState {
    const value = this.text('state');
    switch (value.toLowerCase()) {
      case '':
      case 'open':
        return ConnState.open;
      case 'closed':
        return ConnState.closed;
      case 'any':
      case 'all':
        return ConnState.all;
      default:
        this.fail(`Error decoding state for ${value}`);
        return ConnState.open;
    }
  }

  private fail(error: string): void {
    this.error ??= error;
  }
}
