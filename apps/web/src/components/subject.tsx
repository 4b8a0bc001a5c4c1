/** A subject as text: mono, dots grey, wildcards accented, each token tinted by a hash so that equal tokens look equal everywhere. */
import { Fragment, type ReactNode } from 'react';

const TINTS = 6;

/** 1 to 6, the same for the same token: an FNV-1a hash. */
export function tintOf(token: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < token.length; index++) {
    hash = Math.imul(hash ^ token.charCodeAt(index), 0x01000193) >>> 0;
  }
  return (hash % TINTS) + 1;
}

export function Subject({ value, className = '' }: { value: string; className?: string }): ReactNode {
  const tokens = value.split('.');
  return (
    <span className={`sj ${className}`}>
      {tokens.map((token, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: tokens have no identity but their place
        <Fragment key={index}>
          {index === 0 ? null : <i>.</i>}
          <span className={isWildcard(token, index === tokens.length - 1) ? 'w' : `t${tintOf(token)}`}>{token}</span>
        </Fragment>
      ))}
    </span>
  );
}

function isWildcard(token: string, isLast: boolean): boolean {
  return token === '*' || (token === '>' && isLast);
}
