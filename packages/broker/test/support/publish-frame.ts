/** A published message as the parser would hand it over, for the tests of what watches messages. */
import { hashBytes, SlackBuffer } from '@sluice/protocol/wire';
import { Match } from '../../src/routing/match.ts';
import { Message } from '../../src/routing/message.ts';

export interface PublishedParts {
  readonly reply?: string;
  readonly headers?: string;
  readonly payload?: string;
  readonly cid?: number;
}

/** Lays `subject [reply] size CRLF payload CRLF` out in memory of its own. */
export function publishedMessage(subject: string, parts: PublishedParts = {}): Message {
  const { reply = '', headers = '', payload = '', cid = 1 } = parts;
  const body = headers + payload;
  const start = `${subject} ${reply === '' ? '' : `${reply} `}${body.length}\r\n`;
  const memory = new SlackBuffer(start.length + body.length + 2);
  memory.bytes.write(`${start}${body}\r\n`, 0, 'latin1');
  const message = new Message(memory.bytes, memory.view);
  message.subjectEnd = subject.length;
  message.subjectHash = hashBytes(memory.bytes, 0, subject.length);
  message.tailStart = subject.length + 1;
  message.replyStart = reply === '' ? 0 : message.tailStart;
  message.replyEnd = message.replyStart + reply.length;
  message.payloadStart = start.length;
  message.sizeBytes = body.length;
  message.headerBytes = headers.length;
  message.hasHeaders = headers !== '';
  message.publisherCid = cid;
  return message;
}

/** The match of a subject that is not cached. */
export function scratchMatch(): Match {
  return new Match(null, 0, 0);
}

/** A cached match of the message's subject. */
export function cachedMatch(message: Message): Match {
  return new Match(Uint8Array.prototype.slice.call(message.bytes, 0, message.subjectEnd), message.subjectHash, 0);
}
