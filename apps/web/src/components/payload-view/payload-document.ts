/**
 * One payload, opened: what it is, and its lines in every view. Lives in the payload worker; tested without one. Each view is laid
 * out when it is first asked for, so opening 10 MB as hex costs nothing.
 */
import { type DisplayLine, type LineSource, type LineToken, linesBetween } from './display-line.ts';
import { HexLines } from './hex-lines.ts';
import { layOutJson } from './json-lines.ts';
import { DIFF_MAX_LINES, type DiffStep, diffLines } from './line-diff.ts';
import { numberDelta } from './number-delta.ts';
import { TextLines } from './text-lines.ts';

export const payloadTabs = ['json', 'text', 'hex', 'diff'] as const;
export type PayloadTab = (typeof payloadTabs)[number];

/** Characters of a text that are tried as JSON; beyond it only text and hex are offered. */
export const JSON_MAX_CHARS = 67_108_864;

export interface PayloadInput {
  bytes: Uint8Array;
  /** The bytes are the head of a longer payload. */
  isCut: boolean;
  /** The message before this one on the same subject. */
  previous?: { bytes: Uint8Array; isCut: boolean };
}

/** What a view holds; `note` says why it is empty or incomplete. */
export interface PayloadTabState {
  lineCount: number;
  note: string | null;
  /** Only for the diff. */
  addedCount?: number;
  removedCount?: number;
}

export interface PayloadSummary {
  /** Best view for this payload. */
  suggestedTab: 'json' | 'text' | 'hex';
  isUtf8: boolean;
  isJson: boolean;
  byteLength: number;
}

interface OpenTab {
  source: LineSource;
  state: PayloadTabState;
}

const NO_LINES: LineSource = {
  count: 0,
  line: (index) => {
    throw new RangeError(`no line ${index} of 0`);
  },
};

/** The text of `bytes`, or null when they are not UTF-8. A cut payload may end inside a character: up to three bytes are left off. */
export function decodeUtf8(bytes: Uint8Array, isCut: boolean): string | null {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (let less = 0; less <= (isCut ? 3 : 0); less++) {
    try {
      return decoder.decode(bytes.subarray(0, Math.max(0, bytes.length - less)));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return null;
}

export class PayloadDocument {
  readonly #input: PayloadInput;
  readonly #text: string | null;
  readonly #tabs = new Map<PayloadTab, OpenTab>();

  constructor(input: PayloadInput) {
    this.#input = input;
    this.#text = decodeUtf8(input.bytes, input.isCut);
  }

  summary(): PayloadSummary {
    const isJson = this.tab('json').lineCount > 0;
    const isUtf8 = this.#text !== null;
    // What holds a NUL near its head is no text, though it may be valid UTF-8.
    const isText = isUtf8 && !this.#input.bytes.subarray(0, 1024).includes(0);
    return { suggestedTab: suggestTab(isJson, isText), isUtf8, isJson, byteLength: this.#input.bytes.length };
  }

  tab(tab: PayloadTab): PayloadTabState {
    return this.#open(tab).state;
  }

  lines(tab: PayloadTab, start: number, count: number): DisplayLine[] {
    return linesBetween(this.#open(tab).source, start, count);
  }

  #open(tab: PayloadTab): OpenTab {
    const known = this.#tabs.get(tab);
    if (known !== undefined) return known;
    const opened = this.#layOut(tab);
    this.#tabs.set(tab, opened);
    return opened;
  }

  #layOut(tab: PayloadTab): OpenTab {
    switch (tab) {
      case 'hex':
        return openTab(new HexLines(this.#input.bytes), this.#input.bytes.length === 0 ? 'The payload is empty.' : null);
      case 'text':
        return this.#layOutText();
      case 'json':
        return layOutJsonTab(this.#text, this.#input.isCut);
      case 'diff':
        return this.#layOutDiff();
    }
  }

  #layOutText(): OpenTab {
    if (this.#text === null) return openTab(NO_LINES, 'Not UTF-8 text. The Hex tab shows the bytes.');
    if (this.#text === '') return openTab(NO_LINES, 'The payload is empty.');
    return openTab(new TextLines(this.#text), null);
  }

  #layOutDiff(): OpenTab {
    const { previous, bytes, isCut } = this.#input;
    if (previous === undefined) return openTab(NO_LINES, 'No earlier message on this subject is in the list.');
    const before = comparableLines(previous.bytes, previous.isCut);
    const after = comparableLines(bytes, isCut);
    const diff = diffLines(before.plain, after.plain);
    const source = new DiffLines(diff.steps, before, after);
    const note = diff.skippedCount > 0 ? `Compared the first ${DIFF_MAX_LINES.toLocaleString('en')} lines of each.` : null;
    const isSame = diff.addedCount === 0 && diff.removedCount === 0;
    const opened = openTab(source, isSame ? 'Same as the one before it.' : note);
    return { source, state: { ...opened.state, addedCount: diff.addedCount, removedCount: diff.removedCount } };
  }
}

function suggestTab(isJson: boolean, isText: boolean): PayloadSummary['suggestedTab'] {
  if (isJson) return 'json';
  return isText ? 'text' : 'hex';
}

function openTab(source: LineSource, note: string | null): OpenTab {
  return { source, state: { lineCount: source.count, note } };
}

function layOutJsonTab(text: string | null, isCut: boolean): OpenTab {
  if (text === null) return openTab(NO_LINES, 'Not UTF-8 text, so not JSON.');
  if (text.trim() === '') return openTab(NO_LINES, 'The payload is empty.');
  if (text.length > JSON_MAX_CHARS) return openTab(NO_LINES, 'Too long to lay out as JSON. The Text tab has it.');
  const result = layOutJson(text, isCut);
  if (result.ok) return openTab(result.lines, isCut ? 'The payload was cut, so the JSON ends early.' : null);
  return openTab(NO_LINES, `Not JSON: ${result.message}, at character ${(result.at + 1).toLocaleString('en')}.`);
}

interface ComparableLines {
  plain: string[];
  source: LineSource;
}

/** The most telling lines of a payload: JSON, else text, else hex. */
function comparableLines(bytes: Uint8Array, isCut: boolean): ComparableLines {
  const text = decodeUtf8(bytes, isCut);
  const json = text === null || text.length > JSON_MAX_CHARS ? null : layOutJson(text, isCut);
  const source = json?.ok === true ? json.lines : text === null ? new HexLines(bytes) : new TextLines(text);
  const plain: string[] = [];
  for (let index = 0; index < source.count && index <= DIFF_MAX_LINES; index++) {
    plain.push(
      source
        .line(index)
        .tokens.map((token) => token.text)
        .join(''),
    );
  }
  return { plain, source };
}

class DiffLines implements LineSource {
  readonly #steps: readonly DiffStep[];
  readonly #before: ComparableLines;
  readonly #after: ComparableLines;

  constructor(steps: readonly DiffStep[], before: ComparableLines, after: ComparableLines) {
    this.#steps = steps;
    this.#before = before;
    this.#after = after;
  }

  get count(): number {
    return this.#steps.length;
  }

  line(index: number): DisplayLine {
    const step = this.#steps[index];
    if (step === undefined) throw new RangeError(`no line ${index} of ${this.count}`);
    switch (step.kind) {
      case 'same':
        return { label: ' ', tokens: this.#after.source.line(step.newIndex).tokens };
      case 'del':
        return { label: '-', tokens: this.#before.source.line(step.oldIndex).tokens, change: 'del' };
      case 'add':
        return { label: '+', tokens: [...this.#after.source.line(step.newIndex).tokens, ...this.#delta(index)], change: 'add' };
    }
  }

  /** `// +147.50` behind an added number whose old value was removed just above. */
  #delta(index: number): LineToken[] {
    const added = this.#steps[index];
    if (added?.kind !== 'add') return [];
    let firstAdd = index;
    while (this.#steps[firstAdd - 1]?.kind === 'add') firstAdd--;
    let firstDel = firstAdd;
    while (this.#steps[firstDel - 1]?.kind === 'del') firstDel--;
    const removed = this.#steps[firstDel + (index - firstAdd)];
    if (removed?.kind !== 'del') return [];
    const delta = numberDelta(this.#before.plain[removed.oldIndex] ?? '', this.#after.plain[added.newIndex] ?? '');
    return delta === null ? [] : [{ kind: 'dim', text: `   // ${delta}` }];
  }
}
