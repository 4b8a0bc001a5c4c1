/** What the page and the payload worker say to each other. Documents are numbered by the page and closed by it. */
import type { DisplayLine } from './display-line.ts';
import type { PayloadInput, PayloadSummary, PayloadTab, PayloadTabState } from './payload-document.ts';

export type PayloadWorkerRequest =
  | ({ type: 'open'; documentId: number } & PayloadInput)
  | { type: 'tab'; documentId: number; requestId: number; tab: PayloadTab }
  | { type: 'lines'; documentId: number; requestId: number; tab: PayloadTab; start: number; count: number }
  | { type: 'close'; documentId: number };

export type PayloadWorkerReply =
  | { type: 'opened'; documentId: number; summary: PayloadSummary }
  | { type: 'tab'; documentId: number; requestId: number; state: PayloadTabState }
  | { type: 'lines'; documentId: number; requestId: number; lines: DisplayLine[] }
  | { type: 'failed'; documentId: number; requestId: number | null; message: string };
