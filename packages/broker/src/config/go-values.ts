/** How Go names and prints configuration values: error texts of nats-server show both. */
import type { ConfigNode, ConfigValue } from '@sluice/protocol/config';

const TYPE_NAMES: Readonly<Record<ConfigValue['kind'], string>> = {
  string: 'string',
  integer: 'int64',
  float: 'float64',
  boolean: 'bool',
  date: 'time.Time',
  array: '[]interface {}',
  map: 'map[string]interface {}',
};

/** Go's %T. */
export function goType(value: ConfigValue): string {
  return TYPE_NAMES[value.kind];
}

/** Go's %v for scalars; collections are named by their kind, because Go prints addresses there. */
export function goText(value: ConfigValue): string {
  switch (value.kind) {
    case 'string':
      return value.text;
    case 'date':
      return `${value.text.slice(0, 10)} ${value.text.slice(11, 19)} +0000 UTC`;
    case 'integer':
    case 'float':
    case 'boolean':
      return String(value.value);
    case 'array':
      return `[${value.items.map((node: ConfigNode) => goText(node.value)).join(' ')}]`;
    case 'map':
      return `map[${[...value.entries].map(([key, node]) => `${key}:${goText(node.value)}`).join(' ')}]`;
  }
}
