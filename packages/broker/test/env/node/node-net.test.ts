/** Listeners on real sockets: which addresses they take. */
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { NodeNet } from '../../../src/env/node/node-net.ts';

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
});
