// hot path
/**
 * The part of a match that goes to other servers, of the cluster or across leaf nodes. It stands among the plain receivers as one of
 * them, so that routing pays nothing for it where nothing is remote: when its turn comes it picks a member of each queue group that has
 * some there, and sends the message once to each server that is to have it.
 * Source: nats-server server/client.go processMsgResults.
 */
import type { Message } from './message.ts';
import type { PeerArrival } from './peer-arrival.ts';
import type { Subscriber } from './subscriber.ts';
import { Subscription, SubscriptionKind } from './subscription.ts';

/** A queue group with members on other servers. */
export interface RoutedQueue {
  readonly name: string;
  /** Members on this server. */
  members: Subscription[];
  /** One for each other server of the cluster, of its weight. */
  readonly routes: Subscription[];
  /** The same for leaf nodes and the hub, of this server and of others: they get what nobody in the cluster takes. */
  readonly leafs: Subscription[];
}

/** A server that is to have the message. */
interface Destination {
  readonly subscriber: Subscriber;
  readonly kind: SubscriptionKind;
  /** The cluster of a leaf node. */
  readonly cluster: string;
  hasPlain: boolean;
  /** Groups of which it was picked to serve a member, for the message under way. */
  readonly names: string[];
}

const NOBODY: Subscription[] = [];
const SERVICE_REPLY = Buffer.from('_R_.', 'latin1');

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
      queue = { name, members: NOBODY, routes: [], leafs: [] };
      this.queues.push(queue);
    }
    for (let index = 0; index < members.length; index++) {
      const member = members[index] as Subscription;
      this.destinationOf(member);
      if (member.kind === SubscriptionKind.route && member.origin === '') queue.routes.push(member);
      else queue.leafs.push(member);
    }
  }

  private destinationOf({ subscriber, kind, origin }: Subscription): Destination {
    const { destinations } = this;
    for (let index = 0; index < destinations.length; index++) {
      const known = destinations[index] as Destination;
      if (known.subscriber === subscriber || known.subscriber.isTwinOf?.(subscriber) === true) return known;
    }
    const destination: Destination = { subscriber, kind, cluster: origin, hasPlain: false, names: [] };
    destinations.push(destination);
    return destination;
  }

  /** True when another server subscribes to exactly `subject`, in `group` or, with an empty one, plainly. */
  hasReceiver(subject: string, group: string): boolean {
    if (group === '') return this.plain.some((subscription) => subscription.subject === subject);
    return this.queues.some(
      ({ name, members, routes, leafs }) =>
        name === group && [...members, ...routes, ...leafs].some((member) => member.subject === subject),
    );
  }

  deliver(_standIn: Subscription, message: Message): boolean {
    let isTaken = false;
    const { queues, destinations } = this;
    for (let index = 0; index < queues.length; index++) {
      if (this.deliverToQueue(queues[index] as RoutedQueue, message, null)) isTaken = true;
    }
    for (let index = 0; index < destinations.length; index++) {
      const destination = destinations[index] as Destination;
      if (sendTo(destination, message, this.target, '')) isTaken = true;
    }
    return isTaken;
  }

  /** Sends on what another server sent, and serves the queue groups that it has chosen and that have members elsewhere. */
  deliverFrom(message: Message, arrival: PeerArrival): void {
    const { queues, destinations } = this;
    const isReply = isServiceReply(message);
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[index] as RoutedQueue;
      const isChosen = arrival.servesAllQueues || arrival.queues?.includes(queue.name) === true;
      if (isChosen) this.deliverToQueue(queue, message, arrival);
    }
    for (let index = 0; index < destinations.length; index++) {
      const destination = destinations[index] as Destination;
      const isBack = destination.subscriber === arrival.subscriber;
      if (!isBack && arrival.mayGoTo(destination.kind, destination.cluster, isReply)) {
        sendTo(destination, message, arrival.target, arrival.origin);
      } else destination.names.length = 0;
    }
  }

  /**
   * Picks evenly among all members in the cluster, wherever they are, or else among those beyond leaf nodes. True when a member of this
   * server took the message; another server is noted. What comes from another server of the cluster is served here or not in the cluster.
   */
  private deliverToQueue(queue: RoutedQueue, message: Message, arrival: PeerArrival | null): boolean {
    const { members, name } = queue;
    const routes = arrival === null || arrival.kind === SubscriptionKind.leaf ? queue.routes : NOBODY;
    const total = members.length + weightOf(routes);
    let place = total === 0 ? 0 : random(total);
    if (place < members.length) {
      for (let tried = 0; tried < members.length; tried++) {
        const member = members[place] as Subscription;
        if (member.subscriber.deliver(member, message, null)) return true;
        if (++place >= members.length) place = 0;
      }
      place = members.length + (total > members.length ? random(total - members.length) : 0);
    }
    const picked = pickAt(routes, place - members.length) ?? pickLeaf(queue.leafs, arrival);
    if (picked !== undefined) this.destinationOf(picked).names.push(name);
    return false;
  }

  deliverToAll(): void {
    throw new Error('assertion failed: a match with another server among its receivers is not uniform');
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to another server');
  }
}

function sendTo(
  { subscriber, hasPlain, names }: Destination,
  message: Message,
  target: Uint8Array | null,
  origin: string,
): boolean {
  if (!hasPlain && names.length === 0) return false;
  const isTaken = subscriber.deliverRemote?.(message, names, target, origin) === true;
  names.length = 0;
  return isTaken;
}

/** The member that holds the place, counting each by its weight. */
function pickAt(members: readonly Subscription[], place: number): Subscription | undefined {
  let left = place;
  for (let index = 0; index < members.length; index++) {
    const member = members[index] as Subscription;
    left -= member.weight;
    if (left < 0) return member;
  }
  return undefined;
}

/** A leaf node that the message did not come from, by weight. */
function pickLeaf(leafs: readonly Subscription[], arrival: PeerArrival | null): Subscription | undefined {
  if (leafs.length === 0) return undefined;
  const fitting = arrival === null ? leafs : leafs.filter((leaf) => mayServe(leaf, arrival));
  const total = weightOf(fitting);
  return total === 0 ? undefined : pickAt(fitting, random(total));
}

function mayServe({ subscriber, kind, origin }: Subscription, arrival: PeerArrival): boolean {
  if (subscriber === arrival.subscriber || (arrival.origin !== '' && arrival.origin === origin)) return false;
  return arrival.mayGoTo(kind, origin, false);
}

function weightOf(members: readonly Subscription[]): number {
  let total = 0;
  for (let index = 0; index < members.length; index++) total += (members[index] as Subscription).weight;
  return total;
}

function isServiceReply({ bytes, subjectStart, subjectEnd }: Message): boolean {
  const end = subjectStart + SERVICE_REPLY.length;
  return subjectEnd > end && bytes.compare(SERVICE_REPLY, 0, SERVICE_REPLY.length, subjectStart, end) === 0;
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
