/**
 * The worker behind the tap page: takes batches, answers with what is on screen. At most one snapshot is on its way to the page, so a
 * slow page gets fewer and newer ones instead of a queue.
 */
import { TapEngine } from '../features/tap/model/tap-engine.ts';
import type { TapWindow } from '../features/tap/model/tap-snapshot.ts';
import type { TapWorkerReply, TapWorkerRequest } from '../features/tap/model/tap-worker-messages.ts';
import { workerScope } from './worker-scope.ts';

const scope = workerScope<TapWorkerRequest, TapWorkerReply>();
const engine = new TapEngine({ now: () => Date.now() });

let window: TapWindow = { start: 0, count: 0, newestIndex: null };
let isPainting = false;
let isChanged = false;

scope.listen((request) => {
  handle(request);
  if (isChanged && !isPainting) sendSnapshot();
});

function sendSnapshot(): void {
  isPainting = true;
  isChanged = false;
  scope.send({ type: 'snapshot', snapshot: engine.snapshot(window) });
}

function handle(request: TapWorkerRequest): void {
  switch (request.type) {
    case 'frame':
      engine.addFrame(request.buffer, request.from);
      scope.send({ type: 'handled', ackId: request.ackId });
      break;
    case 'painted':
      isPainting = false;
      return;
    case 'detail':
      sendDetail(request.requestId, request.index);
      return;
    case 'neighbour': {
      const row = engine.neighbour(request.index, request.step, request.newestIndex);
      scope.send({ type: 'neighbour', requestId: request.requestId, row });
      return;
    }
    case 'export':
      sendExport(request.requestId);
      return;
    default:
      change(request);
  }
  isChanged = true;
}

type Change = Exclude<TapWorkerRequest, { type: 'frame' | 'painted' | 'detail' | 'neighbour' | 'export' }>;

function change(request: Change): void {
  switch (request.type) {
    case 'counters':
      engine.setCounters(request.counters);
      break;
    case 'session':
      engine.startSession();
      break;
    case 'filter':
      engine.setFilter(request.node, request.serverText);
      break;
    case 'window':
      window = request.window;
      break;
    case 'pause':
      engine.pause();
      break;
    case 'resume':
      engine.resume();
      break;
    case 'showHeld':
      engine.showHeld();
      break;
    case 'discardHeld':
      engine.discardHeld();
      break;
    case 'clear':
      engine.clear();
      break;
    case 'tick':
      break;
  }
}

/** Cloning copies a view's whole buffer, so the parts of the message are cut out of their batch first. */
function sendDetail(requestId: number, index: number): void {
  const detail = engine.detail(index);
  if (detail === null) {
    scope.send({ type: 'detail', requestId, detail: null });
    return;
  }
  const own = (message: typeof detail.message) => ({
    ...message,
    subject: message.subject.slice(),
    reply: message.reply.slice(),
    headers: message.headers.slice(),
    payload: message.payload.slice(),
  });
  const copy = { index, message: own(detail.message), previous: detail.previous === null ? null : own(detail.previous) };
  const transfer = [copy.message.payload.buffer, ...(copy.previous === null ? [] : [copy.previous.payload.buffer])];
  scope.send({ type: 'detail', requestId, detail: copy }, transfer);
}

function sendExport(requestId: number): void {
  const pieces: string[] = [];
  let lineCount = 0;
  for (const piece of engine.exportLines()) {
    pieces.push(piece);
    lineCount += piece.split('\n').length - 1;
  }
  scope.send({ type: 'export', requestId, blob: new Blob(pieces, { type: 'application/x-ndjson' }), lineCount });
}
