/** A tapped message as the detail pane, the clipboard and the workbench need it. */
import type { TapMessageBytes } from '@sluice/protocol';
import { type HeaderBlock, readHeaderBlock } from '../../../components/payload-view/header-pairs.ts';
import { decodeUtf8, type PayloadInput } from '../../../components/payload-view/payload-document.ts';
import type { MessageDraft } from '../../../lib/message-draft.ts';
import type { CopyableMessage } from './copy-as.ts';
import { isCut } from './filter-match.ts';
import { toBase64 } from './ndjson.ts';
import type { TapDetail } from './tap-engine.ts';

export interface ReadableMessage {
  index: number;
  subject: string;
  reply: string;
  timeUs: number;
  cid: number;
  sizeBytes: number;
  /** Bytes of the payload that the tap kept. */
  keptBytes: number;
  isCut: boolean;
  headers: HeaderBlock;
  payload: Uint8Array;
  /** For the payload view. */
  input: PayloadInput;
}

const decoder = new TextDecoder('utf-8');

export function readMessage({ index, message, previous }: TapDetail): ReadableMessage {
  return {
    index,
    subject: decoder.decode(message.subject),
    reply: decoder.decode(message.reply),
    timeUs: message.timeUs,
    cid: message.cid,
    sizeBytes: message.sizeBytes,
    keptBytes: message.payload.length,
    isCut: isCut(message),
    headers: readHeaderBlock(message.headers),
    payload: message.payload,
    input: {
      bytes: message.payload,
      isCut: isCut(message),
      ...(previous === null ? {} : { previous: previousInput(previous) }),
    },
  };
}

function previousInput(previous: TapMessageBytes): NonNullable<PayloadInput['previous']> {
  return { bytes: previous.payload, isCut: isCut(previous) };
}

/** What a command for the shell is made of. */
export function copyableOf(message: ReadableMessage): CopyableMessage {
  const { subject, reply, headers, payload } = message;
  return { subject, reply, headers: headers.pairs, payload, text: decodeUtf8(payload, false) };
}

/** The payload for the clipboard: as text, or as base64 where it is not text. */
export function payloadText(message: ReadableMessage): string {
  return decodeUtf8(message.payload, message.isCut) ?? toBase64(message.payload);
}

/** The message for the workbench. */
export function draftOf(message: ReadableMessage): MessageDraft {
  const text = decodeUtf8(message.payload, false);
  const body =
    text === null
      ? { encoding: 'base64' as const, payload: toBase64(message.payload) }
      : { encoding: 'utf8' as const, payload: text };
  return { subject: message.subject, reply: message.reply, headers: message.headers.pairs, ...body };
}
