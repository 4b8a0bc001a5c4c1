/** A tapped message as pages show it: strings for people, bytes for the payload view, a draft for the workbench. */
import type { TapMessageBytes } from '@sluice/protocol';
import type { MessageDraft } from '../../lib/message-draft.ts';
import { toBase64 } from './base64.ts';
import { type HeaderBlock, readHeaderBlock } from './header-pairs.ts';
import { decodeUtf8, type PayloadInput } from './payload-document.ts';

export interface ReadableMessage {
  subject: string;
  reply: string;
  timeUs: number;
  /** Publishing connection; 0 when unknown. */
  cid: number;
  /** Headers and payload as published. */
  sizeBytes: number;
  /** Bytes of the payload that the tap kept. */
  keptBytes: number;
  isCut: boolean;
  headers: HeaderBlock;
  payload: Uint8Array;
  /** For the payload view; its identity is that of the message. */
  input: PayloadInput;
}

const decoder = new TextDecoder('utf-8');

/** True when the tap kept only the head of the payload. */
export function isCut(message: TapMessageBytes): boolean {
  return message.sizeBytes > message.headers.length + message.payload.length;
}

/** `previous`: the message before on the same subject, for the diff. */
export function readMessage(message: TapMessageBytes, previous: TapMessageBytes | null): ReadableMessage {
  return {
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
      ...(previous === null ? {} : { previous: { bytes: previous.payload, isCut: isCut(previous) } }),
    },
  };
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
