/** Headers of a message, in the order they were sent, repeated names included. */
import { escapeControl } from './escape-control.ts';
import type { HeaderBlock } from './header-pairs.ts';

export function HeaderTable({ block }: { block: HeaderBlock }) {
  if (block.pairs.length === 0 && block.status === '') return <p className="payload-note">The message has no headers.</p>;
  return (
    <dl className="kv one mono header-table">
      {block.status === '' ? null : (
        <>
          <dt>status</dt>
          <dd>{escapeControl(block.status)}</dd>
        </>
      )}
      {block.pairs.map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a name may occur several times; its place is its identity.
        <HeaderPair key={index} name={name} value={value} />
      ))}
    </dl>
  );
}

function HeaderPair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{escapeControl(name)}</dt>
      <dd>{escapeControl(value)}</dd>
    </>
  );
}
