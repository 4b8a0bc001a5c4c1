/** What is wrong with an address that clients are to be told, in Go's words: the server only finds out once it listens. */
import { goQuote } from '@sluice/protocol';

/** Undefined when the address can be told. Source: nats-server server/util.go parseHostPort. */
export function advertiseProblem(address: string | undefined): string | undefined {
  if (address === undefined || address === '') return undefined;
  const [, bracketed, rest = address] = /^\[([^\]]*)\](.*)$/.exec(address) ?? [];
  const colons = rest.split(':').length - 1;
  if (bracketed === undefined ? colons > 1 : colons > 1 || !/^(:|$)/.test(rest)) {
    return `address ${address}: too many colons in address`;
  }
  if (colons === 0) return undefined;
  const port = rest.slice(rest.indexOf(':') + 1).trim();
  return /^[+-]?\d+$/.test(port) ? undefined : `strconv.Atoi: parsing ${goQuote(port)}: invalid syntax`;
}
