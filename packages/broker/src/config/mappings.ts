/** Subject mappings, of an account or of the top level. Source: nats-server server/opts.go parseAccountMappings. */
import { isValidSubject } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import { AccountMappings } from '../account/mapping.ts';
import type { MappingDestination, MappingOptions } from '../options.ts';
import { readText, wrongType } from './fields.ts';
import { goText } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';

/** The mappings that are sound; the others are reported. */
export function readMappings(node: ConfigNode, report: ConfigReport): MappingOptions[] {
  if (node.value.kind !== 'map') {
    wrongType(node, 'map[string]interface {}', report);
    return [];
  }
  const mappings: MappingOptions[] = [];
  for (const [source, child] of node.value.entries) {
    if (!isValidSubject(source)) {
      report.error(node, `Subject ${quoted(source)} is not a valid subject`);
      continue;
    }
    const destinations = readDestinations(child, report);
    if (destinations === undefined) continue;
    const mapping = { source, destinations };
    const problem = mappingProblem(mapping);
    if (problem === undefined) mappings.push(mapping);
    else {
      const to = child.value.kind === 'string' ? ` to ${quoted(child.value.text)}` : '';
      report.error(child, `Error adding mapping for ${quoted(source)}${to} : ${problem}`);
    }
  }
  return mappings;
}

function mappingProblem(mapping: MappingOptions): string | undefined {
  try {
    new AccountMappings([mapping]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readDestinations(node: ConfigNode, report: ConfigReport): MappingDestination[] | undefined {
  if (node.value.kind === 'string') return [{ destination: node.value.text, weight: 100 }];
  const items = node.value.kind === 'array' ? node.value.items : [node];
  const destinations = items.flatMap((item) => readDestination(item, report) ?? []);
  return destinations.length === 0 && node.value.kind !== 'array' ? undefined : destinations;
}

function readDestination(node: ConfigNode, report: ConfigReport): MappingDestination | undefined {
  if (node.value.kind !== 'map') {
    report.error(node, 'Expected an entry for the mapping destination');
    return undefined;
  }
  let destination = '';
  let weight: number | undefined;
  let cluster: string | undefined;
  const wrongTypeCount = report.wrongTypeCount;
  for (const [key, child] of node.value.entries) {
    switch (key.toLowerCase()) {
      case 'dest':
      case 'destination':
        destination = readText(child, report) ?? '';
        break;
      case 'cluster':
        cluster = readText(child, report);
        break;
      case 'weight': {
        const read = readWeight(child);
        if (typeof read === 'string') {
          report.error(child, read);
          return undefined;
        }
        weight = read;
        break;
      }
      default:
        report.error(child, `Unknown field ${quoted(key)} for mapping destination`);
        return undefined;
    }
  }
  if (report.wrongTypeCount > wrongTypeCount) return undefined;
  if (weight === undefined) {
    report.error(node, `Missing weight for mapping destination ${quoted(destination)}`);
    return undefined;
  }
  return { destination, weight, ...(cluster === undefined ? {} : { cluster }) };
}

/** Percent as a number or as text with `%`, or what is wrong with it. */
function readWeight({ value }: ConfigNode): number | string {
  if (value.kind !== 'integer' && value.kind !== 'string') return `Unknown entry type for weight of ${goText(value)}\n`;
  const written = value.kind === 'string' ? value.text.replace(/%$/, '') : String(value.value);
  if (!/^[+-]?\d{1,15}$/.test(written)) return `Invalid weight ${quoted(written)} for mapping destination`;
  const weight = Number(written);
  return weight < 0 || weight > 100 ? `Invalid weight ${weight} for mapping destination` : weight;
}
