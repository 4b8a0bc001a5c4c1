/** Compressing what is about to be stored; the block format is Snappy's, see `s2-block.ts`. */
import { Draft, RecordFlag } from './record.ts';
import { compressBlock } from './s2-block.ts';

/** Shorter bodies are not worth looking at. */
const LEAST_BYTES = 128;

const packed: Draft = new Draft();

/** The draft itself, or one with a smaller body, which is valid until the next call. */
export function pack(draft: Draft): Draft {
  const size = draft.headerBytes + draft.payloadBytes;
  if (size < LEAST_BYTES) return draft;
  const { body, bodyStart } = draft;
  const content = Buffer.from(body.buffer, body.byteOffset + bodyStart, size);
  const block = compressBlock(content);
  // Less than an eighth is not worth the expanding.
  if (block.length > size - (size >> 3)) return draft;
  packed.subject = draft.subject;
  packed.body = block;
  packed.view = null;
  packed.bodyStart = 0;
  packed.headerBytes = draft.headerBytes;
  packed.payloadBytes = draft.payloadBytes;
  packed.packedBytes = block.length;
  packed.timeUs = draft.timeUs;
  packed.timeNs = draft.timeNs;
  packed.ttlSeconds = draft.ttlSeconds;
  packed.flags = draft.flags | RecordFlag.compressed;
  return packed;
}
