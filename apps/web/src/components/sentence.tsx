/** Sentences from the server, with subjects tinted and names in weight; and the links that go with them. */
import type { ConsoleLink, SentencePart } from '@sluice/protocol/console';
import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';
import { withQuery } from '../lib/api-client.ts';
import { Subject } from './subject.tsx';

export function Sentence({ parts }: { parts: readonly SentencePart[] }): ReactNode {
  return parts.map((part, index) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no identity but their place
    return <SentencePiece key={index} part={part} />;
  });
}

function SentencePiece({ part }: { part: SentencePart }): ReactNode {
  switch (part.kind) {
    case 'text':
      return part.value;
    case 'name':
      return <b className="m5 inpart">{part.value}</b>;
    case 'subject':
      return <Subject value={part.value} className="inpart" />;
    case 'number':
      return <span className="num">{part.value}</span>;
  }
}

/** The words of a sentence, for titles and screen readers. */
export function sentenceText(parts: readonly SentencePart[]): string {
  return parts.map((part) => part.value).join('');
}

export interface PageLinkProps {
  readonly to: ConsoleLink['to'];
  readonly search?: Readonly<Record<string, string>>;
  readonly className?: string;
  readonly label?: string;
  readonly children: ReactNode;
}

/** A link to a page and its state, by address: features link to each other without knowing each other. */
export function PageLink({ to, search, className = 'lk', label, children }: PageLinkProps): ReactNode {
  const router = useRouter();
  const href = withQuery(to, search);
  const go = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.history.push(href);
  };
  return (
    <a href={href} className={className} onClick={go} {...(label === undefined ? {} : { 'aria-label': label })}>
      {children}
    </a>
  );
}
