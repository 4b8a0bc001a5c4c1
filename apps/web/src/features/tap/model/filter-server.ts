/**
 * The part of a filter that the server can judge, so that rare messages are found before sampling. It is always a necessary
 * condition: whatever passes the filter passes it too; the browser judges the rest.
 */
import type { TapOptions } from '@sluice/protocol/console';
import type { FilterNode } from './filter-ast.ts';

export type ServerFilter = NonNullable<TapOptions['filter']>;

/** The conditions for the server, or undefined when it can help with none. */
export function serverFilterOf(node: FilterNode | null): ServerFilter | undefined {
  if (node === null) return undefined;
  let contains = '';
  let minBytes = 0;
  for (const part of conjuncts(node)) {
    const text = necessaryText(part);
    if (text.length > contains.length) contains = text;
    minBytes = Math.max(minBytes, necessaryBytes(part));
  }
  if (contains === '' && minBytes === 0) return undefined;
  return { ...(contains === '' ? {} : { contains }), ...(minBytes === 0 ? {} : { minBytes }) };
}

function conjuncts(node: FilterNode): FilterNode[] {
  return node.op === 'and' ? [...conjuncts(node.left), ...conjuncts(node.right)] : [node];
}

/** Text that payload or headers must hold for `node` to be true; empty when there is none. */
function necessaryText(node: FilterNode): string {
  if (node.op === 'text') return node.value;
  if (node.op !== 'compare' || node.literal.kind !== 'text') return '';
  const isHere = node.field.kind === 'payload' || node.field.kind === 'header';
  const isContained = ['==', 'contains', 'startsWith', 'endsWith'].includes(node.operator);
  return isHere && isContained ? node.literal.value : '';
}

function necessaryBytes(node: FilterNode): number {
  if (node.op !== 'compare' || node.field.kind !== 'size' || !/^\d{1,9}$/.test(node.literal.value)) return 0;
  const value = Number(node.literal.value);
  if (node.operator === '>') return value + 1;
  return node.operator === '>=' || node.operator === '==' ? value : 0;
}
