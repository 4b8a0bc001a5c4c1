/** The newest messages of one subject, by a tap that lets one through each second. Nothing is consumed. */
import { decodeTapBatch, TapBatchError, type TapMessageBytes } from '@sluice/protocol';
import { useEffect, useMemo, useState } from 'react';
import { type ReadableMessage, readMessage } from '../../../components/payload-view/readable-message.ts';
import { useLive } from '../../../lib/live-context.tsx';

/** Messages kept to step back through. */
export const LAST_MESSAGES_MAX = 20;
const KEPT_PAYLOAD_BYTES = 262_144;

export interface LastMessages {
  /** Newest first. */
  messages: readonly TapMessageBytes[];
  refusal: string | null;
}

export interface WatchedSubject {
  /** Empty: the usual one. */
  account: string;
  /** A literal, or a prefix when `isPrefix`. */
  subject: string;
  isPrefix: boolean;
  /** The list stands still. */
  isHeld: boolean;
}

export function useLastMessages({ account, subject, isPrefix, isHeld }: WatchedSubject): LastMessages {
  const [messages, setMessages] = useState<readonly TapMessageBytes[]>([]);
  const [refusal, setRefusal] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another subject has other messages.
  useEffect(() => {
    setMessages([]);
    setRefusal(null);
  }, [account, subject, isPrefix]);
  const subjects = isPrefix ? [subject, `${subject}.>`] : [subject];
  useLive(
    refusal !== null
      ? null
      : {
          topic: 'tap',
          tap: {
            ...(account === '' ? {} : { account }),
            subjects,
            sampling: { mode: 'rate', perSecond: 1 },
            maxPayloadBytes: KEPT_PAYLOAD_BYTES,
            batchMs: 200,
          },
        },
    {
      onTapBatch: (batch, ack) => {
        const arrived = isHeld ? [] : messagesOf(batch);
        if (arrived.length > 0) setMessages((known) => [...arrived.reverse(), ...known].slice(0, LAST_MESSAGES_MAX));
        ack();
      },
      onRefused: (_code, message) => setRefusal(message),
    },
  );
  return { messages, refusal };
}

/** A batch that cannot be read shows nothing; the tap page counts such batches, this glimpse does not. */
function messagesOf(batch: Uint8Array): TapMessageBytes[] {
  try {
    return decodeTapBatch(batch).messages;
  } catch (error) {
    if (error instanceof TapBatchError) return [];
    throw error;
  }
}

/** Message `place` (0 is the newest) with the one before it on the same subject; the same object until it changes. */
export function useMessageAt(messages: readonly TapMessageBytes[], place: number): ReadableMessage | null {
  const message = messages[place];
  const previous =
    message === undefined ? undefined : messages.slice(place + 1).find((earlier) => isSameSubject(earlier, message));
  return useMemo(() => (message === undefined ? null : readMessage(message, previous ?? null)), [message, previous]);
}

function isSameSubject(left: TapMessageBytes, right: TapMessageBytes): boolean {
  return left.subject.length === right.subject.length && left.subject.every((byte, at) => byte === right.subject[at]);
}
