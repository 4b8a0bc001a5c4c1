/** Sentences whose subjects and names a page can tint: built with a tagged template. */
import type { SentencePart } from '@sluice/protocol/console';

/** `sentence\`${name('billing')} is behind on ${subject('orders.>')}\``; plain values become text. */
export function sentence(texts: TemplateStringsArray, ...values: (SentencePart | string | number)[]): SentencePart[] {
  const parts: SentencePart[] = [];
  texts.forEach((text, index) => {
    if (text !== '') parts.push({ kind: 'text', value: text });
    const value = values[index];
    if (value !== undefined) parts.push(typeof value === 'object' ? value : { kind: 'text', value: String(value) });
  });
  return parts;
}

export function name(value: string): SentencePart {
  return { kind: 'name', value };
}

export function subject(value: string): SentencePart {
  return { kind: 'subject', value };
}

export function number(value: number | string): SentencePart {
  return { kind: 'number', value: typeof value === 'number' ? value.toLocaleString('en-US') : value };
}

/** The sentence as plain text. */
export function plainText(parts: readonly SentencePart[]): string {
  return parts.map((part) => part.value).join('');
}

/** How a client is called in sentences: its name, or its number. */
export function clientName(row: { cid: number; name: string | null }): SentencePart {
  return name(row.name ?? `cid ${row.cid}`);
}
