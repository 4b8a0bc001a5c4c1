/** Which address a listener of a host takes: as Go's listeners do, since configurations and clients count on it. */
import { isIP } from 'node:net';

const ANY_IPV4 = '0.0.0.0';
const ANY_IPV6 = '::';
const IPV4 = 4;

/**
 * Calls `attempt` with the address to listen at: `0.0.0.0` takes IPv6 as well where there is any; of a name's addresses the first of
 * IPv4 is taken, so that `localhost` is 127.0.0.1 even where names come as IPv6 first. Rejects with the system's error.
 */
export async function listenAt<Result>(host: string, attempt: (address: string) => Promise<Result>): Promise<Result> {
  if (host !== ANY_IPV4) return attempt(await addressOf(host));
  try {
    return await attempt(ANY_IPV6);
  } catch (error) {
    if (!isWithoutIpv6(error)) throw error;
    return attempt(ANY_IPV4);
  }
}

/** The host itself when it is an address, or a name that nobody knows: listening then says so. */
async function addressOf(host: string): Promise<string> {
  if (host === '' || isIP(host) !== 0) return host;
  // Loaded for names only: most listeners have an address.
  const { lookup } = await import('node:dns/promises');
  try {
    const addresses = await lookup(host, { all: true });
    return (addresses.find(({ family }) => family === IPV4) ?? addresses[0])?.address ?? host;
  } catch {
    return host;
  }
}

function isWithoutIpv6(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL');
}
