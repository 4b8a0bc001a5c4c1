/** Facts in two or four columns; null values show a dash. */
import { Fragment, type ReactNode } from 'react';
import { UNKNOWN } from '../lib/format.ts';

export interface KeyValueItem {
  readonly name: string;
  readonly value: ReactNode;
  readonly isMono?: boolean;
}

export function KeyValue({ items, isSingle = false }: { items: readonly KeyValueItem[]; isSingle?: boolean }): ReactNode {
  return (
    <dl className={`kv ${isSingle ? 'one' : ''}`}>
      {items.map(({ name, value, isMono }) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd className={`el num ${isMono === true ? 'mono' : ''}`}>{value ?? UNKNOWN}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
