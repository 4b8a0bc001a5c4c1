/** Listeners on real sockets: which addresses they take. */
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { NodeNet } from '../../../src/env/node/node-net.ts';

/** Names as this machine may or may not have them. */
const NAMES: Readonly<Record<string, { address: string; family: number }[]>> = {
  both: [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ],
  'six.only': [{ address: '::1', family: 6 }],
};

vi.mock('node:dns/promises', () => ({
  lookup: (name: string) =>
    NAMES[name] === undefined ? Promise.reject(new Error(`${name} is unknown`)) : Promise.resolve(NAMES[name]),
}));

const hasIpv6 = Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === '::1'));

/** The address that the listener sees of who connects to `host`. */
async function peerSeenBy(listenHost: string, host: string): Promise<string> {
  let seen: (address: string) => void = () => undefined;
  const address = new Promise<string>((resolve) => {
    seen = resolve;
  });
  const listener = await new NodeNet().listen({ host: listenHost, port: 0 }, (transport) => {
    seen(transport.peer.address);
    transport.destroy();
  });
  const socket = connect(listener.port, host);
  socket.on('error', () => seen('refused'));
  const result = await address;
  socket.destroy();
  await listener.close();
  return result;
}

describe('a listener', () => {
  it('on 0.0.0.0 takes IPv4, named as such', async () => {
    expect(await peerSeenBy('0.0.0.0', '127.0.0.1')).toBe('127.0.0.1');
  });

  it.skipIf(!hasIpv6)('on 0.0.0.0 takes IPv6 as well', async () => {
    expect(await peerSeenBy('0.0.0.0', '::1')).toBe('::1');
  });

  it.skipIf(!hasIpv6)('on 127.0.0.1 takes nothing else', async () => {
    expect(await peerSeenBy('127.0.0.1', '::1')).toBe('refused');
  });

  it('of a name takes its IPv4 address, though IPv6 comes first', async () => {
    expect(await peerSeenBy('both', '127.0.0.1')).toBe('127.0.0.1');
  });

  it.skipIf(!hasIpv6)('of a name without IPv4 takes the IPv6 address', async () => {
    expect(await peerSeenBy('six.only', '::1')).toBe('::1');
  });

  it('of a name that nobody knows is refused with the code of the system', async () => {
    const listening = new NodeNet().listen({ host: 'nobody.invalid', port: 0 }, () => undefined);
    await expect(listening).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  });

  it('of HTTP takes the same addresses', async () => {
    const answer = { status: 200, headers: {}, body: 'here' };
    const listener = await new NodeNet().listenHttp({ host: 'both', port: 0 }, () => answer);
    const response = await fetch(`http://127.0.0.1:${listener.port}/`);
    expect(await response.text()).toBe('here');
    await listener.close();
  });
});
