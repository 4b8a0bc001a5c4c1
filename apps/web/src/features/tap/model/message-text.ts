/** A tapped message as the clipboard needs it. */
import { toBase64 } from '../../../components/payload-view/base64.ts';
import { decodeUtf8 } from '../../../components/payload-view/payload-document.ts';
import type { ReadableMessage } from '../../../components/payload-view/readable-message.ts';
import type { CopyableMessage } from './copy-as.ts';

/** What a command for the shell is made of. */
export function copyableOf(message: ReadableMessage): CopyableMessage {
  const { subject, reply, headers, payload } = message;
  return { subject, reply, headers: headers.pairs, payload, text: decodeUtf8(payload, false) };
}

/** The payload for the clipboard: as text, or as base64 where it is not text. */
export function payloadText(message: ReadableMessage): string {
  return decodeUtf8(message.payload, message.isCut) ?? toBase64(message.payload);
}
