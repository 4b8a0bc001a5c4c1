/** One row of the tap as the page draws it: short strings only, made for the rows that are visible. */
import type { TapMessageBytes } from '@sluice/protocol';
import { escapeControl } from '../../../components/payload-view/escape-control.ts';
import { countHeaderFields } from '../../../components/payload-view/header-pairs.ts';
import { isCut } from '../../../components/payload-view/readable-message.ts';

/** A run of the preview; keys of JSON are quiet. */
export interface PreviewPart {
  /** Where it begins, in characters. */
  at: number;
  text: string;
  isQuiet: boolean;
}

export interface TapRow {
  /** Number of the row for the life of the page. */
  index: number;
  timeUs: number;
  cid: number;
  subject: string;
  reply: string;
  /** Headers and payload as published. */
  sizeBytes: number;
  headerCount: number;
  isCut: boolean;
  preview: PreviewPart[];
}

/** Characters of a preview; a row is never wider. */
const PREVIEW_CHARS = 220;
const JSON_KEY = /"((?:[^"\\]|\\.){1,60})"\s*:\s*/g;

const decoder = new TextDecoder('utf-8');
const strictDecoder = new TextDecoder('utf-8', { fatal: true });

export function rowOf(message: TapMessageBytes, index: number): TapRow {
  return {
    index,
    timeUs: message.timeUs,
    cid: message.cid,
    subject: escapeControl(decoder.decode(message.subject)),
    reply: escapeControl(decoder.decode(message.reply)),
    sizeBytes: message.sizeBytes,
    headerCount: countHeaderFields(message.headers),
    isCut: isCut(message),
    preview: previewOf(message.payload),
  };
}

/** The head of a payload as one line. */
export function previewOf(payload: Uint8Array): PreviewPart[] {
  if (payload.length === 0) return [{ at: 0, text: 'empty', isQuiet: true }];
  const text = decodeHead(payload);
  // What holds a NUL is no text, though it may be valid UTF-8.
  if (text === null || text.includes('\0')) return [{ at: 0, text: 'binary', isQuiet: true }];
  const line = escapeControl(text.replace(/\s*\n\s*/g, ' '));
  return line.startsWith('{') || line.startsWith('[') ? quietKeys(line) : [{ at: 0, text: line, isQuiet: false }];
}

/** Head of `payload` as text, or null when it is not UTF-8; the cut may fall inside a character. */
function decodeHead(payload: Uint8Array): string | null {
  const head = payload.subarray(0, PREVIEW_CHARS);
  for (let less = 0; less < 4 && less < head.length; less++) {
    try {
      return strictDecoder.decode(head.subarray(0, head.length - less));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      if (head.length === payload.length) return null;
    }
  }
  return null;
}

function quietKeys(line: string): PreviewPart[] {
  const parts: PreviewPart[] = [];
  let at = 0;
  for (const match of line.matchAll(JSON_KEY)) {
    if (match.index > at) parts.push({ at, text: line.slice(at, match.index), isQuiet: false });
    parts.push({ at: match.index, text: `${match[1] ?? ''}:`, isQuiet: true });
    at = match.index + match[0].length;
  }
  if (at < line.length) parts.push({ at, text: line.slice(at), isQuiet: false });
  return parts;
}
