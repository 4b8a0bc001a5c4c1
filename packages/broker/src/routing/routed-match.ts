// hot path
/**
 * The part of a match that goes to other servers of the cluster. It stands among the plain receivers as one of them, so that routing
 * pays nothing for it where nothing is remote: when its turn comes it picks a member of each queue group that has some there, and sends
 * the message once to each server that is to have it.
 * Source: nats-server server/client.go processMsgResults.
 */
import type { Message } from './message.ts';
import type { Subscriber } from './subscriber.ts';
import { Subscription, SubscriptionKind } from './subscription.ts';

/** A queue group with members on other servers. */
export interface RoutedQueue {
  readonly name: string;
  /** Members on this server. */
  members: Subscription[];
  /** One for each server, of its weight. */
  readonly remotes: Subscription[];
}

/** A server that is to have the message. */
interface Destination {
  readonly subscriber: Subscriber;
  hasPlain: boolean;
  /** Groups of which it was picked to serve a member, for the message under way. */
  readonly names: string[];
}

const NOBODY: Subscription[] = [];

export class RoutedMatch implements Subscriber {
  readonly standIn: Subscription;
  queues: RoutedQueue[] = [];
  /** The subject to route by, while it is not the message's own. */
  target: Uint8Array | null = null;
  private destinations: Destination[] = [];
  private plain: Subscription[] = [];

  constructor() {
    this.standIn = new Subscription({
      subscriber: this,
      subject: '',
      queue: '',
      sid: '',
      kind: SubscriptionKind.route,
      cid: 0,
    });
  }

  get isEmpty(): boolean {
    return this.destinations.length === 0;
  }

  clear(): void {
    if (this.destinations.length > 0) this.destinations = [];
    if (this.queues.length > 0) this.queues = [];
    if (this.plain.length > 0) this.plain = [];
  }

  addPlain(list: Subscription[]): void {
    for (let index = 0; index < list.length; index++) {
      const subscription = list[index] as Subscription;
      this.plain.push(subscription);
      this.destinationOf(subscription).hasPlain = true;
    }
  }

  addQueue(name: string, members: Subscription[]): void {
    let queue = this.queues.find((candidate) => candidate.name === name);
    if (queue === undefined) {
      queue = { name, members: NOBODY, remotes: [] };
      this.queues.push(queue);
    }
    for (let index = 0; index < members.length; index++) {
      const member = members[index] as Subscription;
      this.destinationOf(member);
      queue.remotes.push(member);
    }
  }

  private destinationOf({ subscriber }: Subscription): Destination {
    const { destinations } = this;
    for (let index = 0; index < destinations.length; index++) {
      const known = destinations[index] as Destination;
      if (known.subscriber === subscriber) return known;
    }
    const destination: Destination = { subscriber, hasPlain: false, names: [] };
    destinations.push(destination);
    return destination;
  }

  /** True when another server subscribes to exactly `subject`, in `group` or, with an empty one, plainly. */
  hasReceiver(subject: string, group: string): boolean {
    if (group === '') return this.plain.some((subscription) => subscription.subject === subject);
    return this.queues.some(
      ({ name, members, remotes }) => name === group && [...members, ...remotes].some((member) => member.subject === subject),
    );
  }

  deliver(_standIn: Subscription, message: Message): boolean {
    let isTaken = false;
    const { queues, destinations } = this;
    for (let index = 0; index < queues.length; index++) {
      if (this.deliverToQueue(queues[index] as RoutedQueue, message)) isTaken = true;
    }
    for (let index = 0; index < destinations.length; index++) {
      const destination = destinations[index] as Destination;
      const { names, subscriber } = destination;
      if (!destination.hasPlain && names.length === 0) continue;
      if (subscriber.deliverRemote?.(message, names, this.target) === true) isTaken = true;
      names.length = 0;
    }
    return isTaken;
  }

  /** Picks evenly among all members wherever they are. True when one of this server took it; another server is noted. */
  private deliverToQueue(queue: RoutedQueue, message: Message): boolean {
    const { members, remotes, name } = queue;
    let total = members.length;
    for (let index = 0; index < remotes.length; index++) total += (remotes[index] as Subscription).weight;
    let place = random(total);
    if (place < members.length) {
      for (let tried = 0; tried < members.length; tried++) {
        const member = members[place] as Subscription;
        if (member.subscriber.deliver(member, message, null)) return true;
        if (++place >= members.length) place = 0;
      }
      place = members.length + random(total - members.length);
    }
    place -= members.length;
    for (let index = 0; index < remotes.length; index++) {
      const remote = remotes[index] as Subscription;
      place -= remote.weight;
      if (place >= 0) continue;
      this.destinationOf(remote).names.push(name);
      break;
    }
    return false;
  }

  deliverToAll(): void {
    throw new Error('assertion failed: a match with another server among its receivers is not uniform');
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to another server');
  }
}

/** One sequence for all matches: many short ones with one beginning would pick alike. */
let pick = 0x2545f491;

/** xorshift32, as in the router. */
function random(bound: number): number {
  pick ^= pick << 13;
  pick ^= pick >>> 17;
  pick ^= pick << 5;
  return (pick >>> 0) % bound;
}
