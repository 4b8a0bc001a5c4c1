/** Subjects of a stream with their message counts, read from `STREAM.INFO` in pages of the server's own size. */
import { type JsonRecord, numberAt, recordAt } from '../json-fields.ts';
import type { JsAccount } from './js-account.ts';

/** Subjects that are read for one answer; about 20 MB of names. */
export const MAX_SUBJECTS = 200_000;

export interface SubjectCounts {
  readonly subjects: { subject: string; messages: number }[];
  readonly isTruncated: boolean;
  /** Of the last page. */
  readonly info: JsonRecord;
}

/** Every subject that matches `filter`, up to the bound. */
export async function readSubjects(js: JsAccount, stream: string, filter: string): Promise<SubjectCounts> {
  const subjects: { subject: string; messages: number }[] = [];
  for (;;) {
    const info = await js.must(`STREAM.INFO.${stream}`, { subjects_filter: filter, offset: subjects.length });
    const page = Object.entries(recordAt(recordAt(info, 'state'), 'subjects'));
    for (const [subject, count] of page) subjects.push({ subject, messages: typeof count === 'number' ? count : 0 });
    if (page.length === 0 || subjects.length >= numberAt(info, 'total')) return { subjects, isTruncated: false, info };
    if (subjects.length >= MAX_SUBJECTS) return { subjects, isTruncated: true, info };
  }
}
