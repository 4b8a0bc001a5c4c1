/** The worker that opens payloads: parsing and laying out never happens on the page's thread, so no payload can freeze a frame. */
import { PayloadDocument } from '../components/payload-view/payload-document.ts';
import type { PayloadWorkerReply, PayloadWorkerRequest } from '../components/payload-view/payload-worker-messages.ts';
import { workerScope } from './worker-scope.ts';

/** Documents open at once; the page holds one or two, more means that it forgot to close them. */
const MAX_DOCUMENTS = 8;

const documents = new Map<number, PayloadDocument>();
const scope = workerScope<PayloadWorkerRequest, PayloadWorkerReply>();

scope.listen((request) => {
  try {
    handle(request);
  } catch (error) {
    const requestId = 'requestId' in request ? request.requestId : null;
    const message = error instanceof Error ? error.message : 'the payload could not be read';
    scope.send({ type: 'failed', documentId: request.documentId, requestId, message });
  }
});

function handle(request: PayloadWorkerRequest): void {
  switch (request.type) {
    case 'open':
      open(request);
      return;
    case 'close':
      documents.delete(request.documentId);
      return;
    case 'tab': {
      const state = documentOf(request.documentId).tab(request.tab);
      scope.send({ type: 'tab', documentId: request.documentId, requestId: request.requestId, state });
      return;
    }
    case 'lines': {
      const lines = documentOf(request.documentId).lines(request.tab, request.start, request.count);
      scope.send({ type: 'lines', documentId: request.documentId, requestId: request.requestId, lines });
    }
  }
}

function open(request: Extract<PayloadWorkerRequest, { type: 'open' }>): void {
  if (documents.size >= MAX_DOCUMENTS) {
    const oldest = documents.keys().next();
    if (oldest.done !== true) documents.delete(oldest.value);
  }
  const opened = new PayloadDocument(request);
  documents.set(request.documentId, opened);
  scope.send({ type: 'opened', documentId: request.documentId, summary: opened.summary() });
}

function documentOf(documentId: number): PayloadDocument {
  const found = documents.get(documentId);
  if (found === undefined) throw new Error('the payload is no longer open');
  return found;
}
