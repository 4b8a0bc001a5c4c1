/** A command to copy, broken between its words alone. */
import { Fragment, type ReactNode } from 'react';

export function CommandText({ command, className = '' }: { command: string; className?: string }): ReactNode {
  // A quoted value with blanks in it may break there too: what is copied is the text itself.
  const words = command.split(' ');
  return (
    <pre className={`code cmd ${className}`}>
      {words.map((word, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: words have no identity but their place
        <Fragment key={index}>
          {index === 0 ? '' : ' '}
          <span>{word}</span>
        </Fragment>
      ))}
    </pre>
  );
}
