/**
 * Subject mappings of one account: applied once, when a client publishes, before permissions and routing.
 * Source: nats-server server/accounts.go AddWeightedMappings, selectMappedSubject.
 */
import { hasWildcards, matchesSubject, placeholdersOf, SubjectTransform } from '@sluice/protocol';
import type { MappingDestination, MappingOptions } from '../options.ts';

interface WeightedTransform {
  /** Undefined where the destination has no name: the message is dropped. */
  readonly transform: SubjectTransform | undefined;
  /** Percent of the messages that go here or to an earlier one. */
  readonly upTo: number;
}

interface Mapping {
  readonly source: string;
  readonly isLiteral: boolean;
  readonly targets: readonly WeightedTransform[];
  /** Takes their place on a server of the cluster that is named. */
  readonly scoped: ReadonlyMap<string, readonly WeightedTransform[]>;
}

export class AccountMappings {
  private readonly literal: Map<string, Mapping> = new Map();
  /** Sources with wildcards by their first token; those that begin with a wildcard under `*`. */
  private readonly wild: Map<string, Mapping[]> = new Map();

  /** @throws with nats-server's text when a source, a destination or the weights are invalid. */
  constructor(options: readonly MappingOptions[]) {
    for (const option of options) {
      const mapping = buildMapping(option);
      if (hasWildcards(option.source)) this.addWild(mapping);
      else this.literal.set(option.source, mapping);
    }
  }

  /**
   * Where a message to `subject` goes: itself without a mapping, undefined when it is dropped. `random` is in [0, 1). `cluster`: the
   * name of this server's cluster, which may have destinations of its own.
   */
  map(subject: string, random: () => number, cluster = ''): string | undefined {
    const mapping = this.literal.get(subject) ?? this.findWild(firstToken(subject), subject) ?? this.findWild(ANY_TOKEN, subject);
    if (mapping === undefined) return subject;
    const point = random() * 100;
    const targets = (cluster === '' ? undefined : mapping.scoped.get(cluster)) ?? mapping.targets;
    const target = targets.find(({ upTo }) => point < upTo);
    // nats-server looks at the tokens of a subject only where a source has wildcards: `partition(n)` of a literal one hashes nothing.
    return target?.transform?.apply(mapping.isLiteral ? '' : subject, random);
  }

  private addWild(mapping: Mapping): void {
    const token = firstToken(mapping.source);
    const key = hasWildcards(token) ? ANY_TOKEN : token;
    const known = this.wild.get(key);
    if (known === undefined) this.wild.set(key, [mapping]);
    else known.push(mapping);
  }

  private findWild(key: string, subject: string): Mapping | undefined {
    return this.wild.get(key)?.find(({ source }) => matchesSubject(subject, source));
  }
}

const ANY_TOKEN = '*';

function firstToken(subject: string): string {
  const end = subject.indexOf('.');
  return end < 0 ? subject : subject.slice(0, end);
}

function buildMapping({ source, destinations }: MappingOptions): Mapping {
  const groups = new Map<string, MappingDestination[]>([['', []]]);
  const seen = new Set<string>();
  for (const wanted of destinations) {
    if (seen.has(wanted.destination)) throw new Error(`duplicate entry for ${JSON.stringify(wanted.destination)}`);
    seen.add(wanted.destination);
    const { cluster = '' } = wanted;
    const group = groups.get(cluster) ?? [];
    groups.set(cluster, group);
    group.push(wanted);
    if (group.reduce((sum, { weight }) => sum + weight, 0) > 100) throw new Error('total weight needs to be <= 100');
  }
  const isSourceListed = seen.has(source);
  const targets = buildTargets(source, groups.get('') ?? [], isSourceListed);
  groups.delete('');
  const scoped = new Map([...groups].map(([cluster, group]) => [cluster, buildTargets(source, group, isSourceListed)]));
  return { source, isLiteral: !hasWildcards(source), targets, scoped };
}

/** The destinations of one cluster, or those for the others; what is left of 100 stays where it was, unless the source is listed. */
function buildTargets(source: string, group: readonly MappingDestination[], isSourceListed: boolean): WeightedTransform[] {
  const targets: WeightedTransform[] = [];
  let total = 0;
  for (const { destination, weight } of group) {
    total += weight;
    targets.push({ transform: mustParse(source, destination === source ? placeholdersOf(source) : destination), upTo: total });
  }
  if (total < 100 && !isSourceListed) targets.push({ transform: mustParse(source, placeholdersOf(source)), upTo: 100 });
  return targets;
}

function mustParse(source: string, destination: string): SubjectTransform | undefined {
  if (destination === '') return undefined;
  const misplaced = misplacedToken(destination);
  if (misplaced !== undefined)
    throw new Error(`invalid mapping destination: invalid transform${misplaced === '' ? '' : ` in ${misplaced}`}`);
  const result = SubjectTransform.parse(source, destination);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** The first token of a destination that is empty or stands behind `>`. */
function misplacedToken(destination: string): string | undefined {
  const tokens = destination.split('.');
  return tokens.find((token, index) => token === '' || tokens[index - 1] === '>');
}
