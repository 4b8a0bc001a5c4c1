/** Where leaf nodes find this server and the others of its cluster, as INFO tells them. Source: nats-server setLeafNodeInfoHostPortAndIP. */
import type { LeafListenOptions } from '../../options.ts';
import { joinHostPort, parsePeerUrl } from '../peer-url.ts';

/** Addresses of others that are passed on. */
const MAX_OTHERS = 1024;
const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

export class LeafUrls {
  host = '';
  port = 0;
  /** Of others, with how many told of it. */
  private readonly others: Map<string, number> = new Map();

  /** The listener has its port; `addresses` are those of the machine. */
  settle({ host, advertise }: LeafListenOptions, port: number, addresses: readonly string[]): void {
    const advertised = advertise === undefined ? undefined : parsePeerUrl(`nats-leaf://${advertise}`, port);
    const reachable = WILDCARDS.includes(host) ? (addresses[0] ?? host) : host;
    this.host = advertised?.host ?? reachable;
    this.port = advertised?.port ?? port;
  }

  /** `host:port`; empty before the listener has its port. */
  get own(): string {
    return this.port === 0 ? '' : joinHostPort(this.host, this.port);
  }

  /** True when it was not known before. */
  add(url: string): boolean {
    const count = this.others.get(url) ?? 0;
    if (count === 0 && this.others.size >= MAX_OTHERS) return false;
    this.others.set(url, count + 1);
    return count === 0;
  }

  /** True when nobody tells of it any more. */
  remove(url: string): boolean {
    const count = this.others.get(url) ?? 0;
    if (count > 1) this.others.set(url, count - 1);
    return count === 1 && this.others.delete(url);
  }

  list(): string[] {
    return [...new Set([...(this.port === 0 ? [] : [this.own]), ...this.others.keys()])];
  }
}
