/** Medians, ratios and the table. A ratio is taken inside one round, between runs that stood side by side, then its median. */

/** @typedef {{ rate: number, cpuUs: number, p50Us?: number, p99Us?: number }} Sample */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? at(sorted, Math.floor(middle)) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

/**
 * One line of the Markdown table.
 * @param {string} name
 * @param {readonly Sample[] | undefined} reference undefined when there is none
 * @param {readonly Sample[]} ours
 */
export function tableLine(name, reference, ours) {
  const isLatency = ours[0]?.p50Us !== undefined;
  const cells = [
    name,
    reference ? figure(reference) : '–',
    figure(ours),
    reference ? ratio(reference, ours, (sample) => sample.rate) : '–',
    reference ? ratio(reference, ours, (sample) => sample.cpuUs) : '–',
    reference && isLatency ? ratio(reference, ours, (sample) => sample.p50Us ?? Number.NaN) : '–',
  ];
  return `| ${cells.join(' | ')} |`;
}

export const tableHead = [
  '| row | compared with | Sluice | rate ratio (min/median/max) | CPU ratio | p50 ratio |',
  '|---|---|---|---|---|---|',
].join('\n');

/** @param {readonly Sample[]} samples */
function figure(samples) {
  const rate = `${short(median(samples.map((sample) => sample.rate)))}/s`;
  const cpu = median(samples.map((sample) => sample.cpuUs));
  const cpuText = Number.isFinite(cpu) ? `, ${cpu.toFixed(2)} µs` : '';
  if (samples[0]?.p50Us === undefined) return rate + cpuText;
  const p50 = median(samples.map((sample) => sample.p50Us ?? Number.NaN));
  const p99 = median(samples.map((sample) => sample.p99Us ?? Number.NaN));
  return `${rate}, p50 ${p50.toFixed(0)} µs, p99 ${p99.toFixed(0)} µs`;
}

/**
 * @param {readonly Sample[]} reference
 * @param {readonly Sample[]} ours
 * @param {(sample: Sample) => number} pick
 */
function ratio(reference, ours, pick) {
  const ratios = ours.map((sample, round) => pick(sample) / pick(at(reference, round))).filter(Number.isFinite);
  if (ratios.length === 0) return '–';
  return [Math.min(...ratios), median(ratios), Math.max(...ratios)].map((value) => value.toFixed(2)).join('/');
}

/** @param {number} value */
function short(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)}k` : value.toFixed(0);
}

/**
 * @template T
 * @param {readonly T[]} list
 * @param {number} index
 * @returns {T}
 */
function at(list, index) {
  const value = list[index];
  if (value === undefined) throw new Error(`there is no sample ${index}`);
  return value;
}
