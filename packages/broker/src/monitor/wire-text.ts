/** Subjects are kept with one char per byte; JSON wants the text that the bytes mean. */

/** The text of a subject, queue or sid; bytes that are no UTF-8 become U+FFFD. */
export function fromWireText(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 127) return Buffer.from(text, 'latin1').toString('utf8');
  }
  return text;
}
