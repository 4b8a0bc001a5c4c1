/**
 * Reading a file store back. The log decides; the checkpoint only saves reading what it already knows. A stretch that is no record
 * is one of two things: *torn*, never promised to anybody, and cut off (a copy is kept); or *damage*, when some later record or
 * segment proves that the place was durable once. Damage is never cut: what lies behind it is kept, what it took is counted as lost.
 */
import type { Disk } from '../../env/disk.ts';
import type { ByteArea, Crc32 } from './byte-area.ts';
import type { Checkpoint } from './checkpoint.ts';
import { FileSegment, SEGMENT_HEADER_BYTES, type SegmentFiles, type SegmentHeader, segmentNumber } from './file-segment.ts';
import { kindAt, markAt, RecordKind, seqAt } from './record.ts';
import { scanRecords } from './scan.ts';

/** What recovery does to the store that is being read back. */
export interface RecoveryTarget {
  /** Starts a segment. `isKnown`: the checkpoint has its figures already, only the index has to be built. */
  beginSegment(storage: FileSegment, firstSeq: number, isKnown: boolean): void;
  /** A record; `isApplied` is true when the checkpoint knows what it says. */
  applyRecord(area: ByteArea, offset: number, position: number, isApplied: boolean): void;
  /** A stretch of `bytes` that was durable once holds no record; `nextSeq` is the sequence that follows it, 0 when none is known. */
  damage(bytes: number, nextSeq: number): void;
  endSegment(storage: FileSegment, end: SegmentEnd): void;
}

/** How a segment ends. */
export interface SegmentEnd {
  readonly endOfRecords: number;
  /** How much of the file is known to have been durable. */
  readonly durableBytes: number;
  /** Its last record says that it is complete. */
  readonly isSealed: boolean;
}

export interface RecoveryReport {
  /** Bytes that were cut off as torn, a copy of which was kept. */
  tornBytes: number;
  damagedBytes: number;
}

interface Candidate {
  readonly storage: FileSegment;
  readonly header: SegmentHeader | undefined;
  readonly survey: Survey;
}

/** What one pass over a segment tells before anything is applied. */
interface Survey {
  readonly gaps: readonly (readonly [number, number])[];
  readonly endOfRecords: number;
  /** Bytes of this segment that some record in it says were durable. */
  readonly durableBytes: number;
  readonly isSealed: boolean;
  readonly firstRecordSeq: number;
}

const COPY_LIMIT_BYTES = 16_777_216;

/** Numbers of the segment files in a folder, ascending. */
export function listSegments(disk: Disk, folder: string): number[] {
  const numbers: number[] = [];
  for (const name of disk.listSync(folder)) {
    const number = segmentNumber(name);
    if (number !== undefined) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

/** Reads every segment that the checkpoint does not vouch for, in order, into the target. */
export function replayLog(
  files: SegmentFiles,
  numbers: readonly number[],
  checkpoint: Checkpoint | undefined,
  target: RecoveryTarget,
): RecoveryReport {
  const report: RecoveryReport = { tornBytes: 0, damagedBytes: 0 };
  const candidates = numbers.map((number) => open(files, number));
  const end = findCut(candidates, checkpoint);
  for (let position = 0; position < candidates.length; position++) {
    const candidate = candidates[position] as Candidate;
    if (position > end.position) {
      setAside(files, candidate.storage, 0, report);
      continue;
    }
    const cutAt = position === end.position ? end.cutAt : Number.POSITIVE_INFINITY;
    if (cutAt === 0 || cutAt < candidate.storage.writtenBytes) setAside(files, candidate.storage, cutAt, report);
    if (cutAt === 0) continue;
    const nextFirstSeq = position < end.position ? firstSeqOf(candidates[position + 1] as Candidate) : 0;
    apply(files, candidate, { cutAt, nextFirstSeq, checkpoint, target, report });
  }
  return report;
}

function open(files: SegmentFiles, number: number): Candidate {
  const storage = new FileSegment(files, number);
  const header = storage.open();
  const found = survey(storage, files.seed, files.crc32);
  // A header that is not whole is the first gap.
  return {
    storage,
    header,
    survey: header === undefined ? { ...found, gaps: [[0, SEGMENT_HEADER_BYTES], ...found.gaps] } : found,
  };
}

function survey(storage: FileSegment, seed: number, crc32: Crc32): Survey {
  const gaps: [number, number][] = [];
  let durableBytes = 0;
  let isSealed = false;
  let firstRecordSeq = 0;
  const endOfRecords = scanRecords({
    file: storage.openFile(),
    number: storage.number,
    seed,
    crc32,
    from: SEGMENT_HEADER_BYTES,
    end: storage.writtenBytes,
    onRecord: (area, offset) => {
      durableBytes = Math.max(durableBytes, markAt(area, offset));
      isSealed = kindAt(area, offset) === RecordKind.seal;
      if (firstRecordSeq === 0 && kindAt(area, offset) === RecordKind.message) firstRecordSeq = seqAt(area, offset);
    },
    onGap: (start, end) => gaps.push([start, end]),
  });
  return { gaps, endOfRecords, durableBytes, isSealed, firstRecordSeq };
}

function firstSeqOf(candidate: Candidate): number {
  return candidate.header?.firstSeq ?? candidate.survey.firstRecordSeq;
}

/** Where the log ends: behind the last segment, or at the first place that is not whole and was never proven durable. */
function findCut(candidates: readonly Candidate[], checkpoint: Checkpoint | undefined): { position: number; cutAt: number } {
  for (let position = 0; position < candidates.length; position++) {
    const { survey: found, storage } = candidates[position] as Candidate;
    const isLast = position === candidates.length - 1;
    const proven = isProvenByLater(candidates, position) ? Number.POSITIVE_INFINITY : provenBytes(found, storage, checkpoint);
    const torn = found.gaps.find(([start]) => start >= proven);
    if (torn !== undefined) return { position, cutAt: torn[0] };
    if (!isLast && !found.isSealed && found.endOfRecords >= proven) return { position, cutAt: found.endOfRecords };
  }
  return { position: candidates.length - 1, cutAt: Number.POSITIVE_INFINITY };
}

function provenBytes(found: Survey, storage: FileSegment, checkpoint: Checkpoint | undefined): number {
  const known = checkpoint?.replayNumber === storage.number ? checkpoint.replayPosition : 0;
  return Math.max(found.durableBytes, known);
}

/** True when a later segment says that all before it were durable, or was itself synced, which happens only after those before it. */
function isProvenByLater(candidates: readonly Candidate[], position: number): boolean {
  for (let later = position + 1; later < candidates.length; later++) {
    const { header, survey: found } = candidates[later] as Candidate;
    if (header?.previousAreDurable === true || found.durableBytes > 0) return true;
  }
  return false;
}

/** Copies what is cut off into a file of its own before it goes. */
function setAside(files: SegmentFiles, storage: FileSegment, from: number, report: RecoveryReport): void {
  const { disk, folder } = files;
  const length = Math.min(storage.writtenBytes - from, COPY_LIMIT_BYTES);
  const copy = Buffer.alloc(Math.max(0, length));
  const count = storage.openFile().readSync(copy, 0, length, from);
  let used = count;
  while (used > 0 && copy[used - 1] === 0) used--;
  if (used > 0) {
    const path = `${folder}/torn-${String(storage.number).padStart(12, '0')}-${from}`;
    const file = disk.openSync(path, { create: true });
    file.writeSync(copy, 0, used, 0);
    file.closeSync();
    report.tornBytes += used;
  }
  if (from === 0) {
    storage.remove();
    return;
  }
  storage.truncate(from);
  storage.syncSync();
}

interface Application {
  readonly cutAt: number;
  readonly nextFirstSeq: number;
  readonly checkpoint: Checkpoint | undefined;
  readonly target: RecoveryTarget;
  readonly report: RecoveryReport;
}

function apply(files: SegmentFiles, candidate: Candidate, how: Application): void {
  const { storage, header, survey: found } = candidate;
  const { target, checkpoint, report } = how;
  const isKnown = checkpoint !== undefined && checkpoint.replayNumber === storage.number;
  const from = isKnown ? checkpoint.replayPosition : 0;
  target.beginSegment(storage, header?.firstSeq ?? found.firstRecordSeq, isKnown);
  if (header === undefined) report.damagedBytes += SEGMENT_HEADER_BYTES;
  let open = 0;
  const end = Math.min(storage.writtenBytes, how.cutAt);
  scanRecords({
    file: storage.openFile(),
    number: storage.number,
    seed: files.seed,
    crc32: files.crc32,
    from: SEGMENT_HEADER_BYTES,
    end,
    seal: storage.seal,
    onRecord: (area, offset, position) => {
      if (open > 0)
        target.damage(open, kindAt(area, offset) === RecordKind.message ? seqAt(area, offset) : seqAt(area, offset) + 1);
      open = 0;
      target.applyRecord(area, offset, position, position < from);
    },
    onGap: (start, gapEnd) => {
      open += gapEnd - start;
      report.damagedBytes += gapEnd - start;
    },
  });
  const isCutShort = how.nextFirstSeq > 0 && !found.isSealed;
  if (header === undefined) target.damage(SEGMENT_HEADER_BYTES, 0);
  if (open > 0 || isCutShort) target.damage(open, how.nextFirstSeq);
  const endOfRecords = Math.min(Math.max(found.endOfRecords, SEGMENT_HEADER_BYTES), end);
  target.endSegment(storage, { endOfRecords, durableBytes: found.durableBytes, isSealed: found.isSealed });
}
