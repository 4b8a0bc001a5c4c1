/** Typed access to a worker's own global. TypeScript sees the page's `self` here, because page and workers share one project. */

export interface WorkerScope<Request, Reply> {
  listen(handler: (request: Request) => void): void;
  send(reply: Reply, transfer?: Transferable[]): void;
}

/** The scope of the dedicated worker that calls this. Messages come only from the page that started it, so they are not checked again. */
export function workerScope<Request, Reply>(): WorkerScope<Request, Reply> {
  return {
    listen(handler) {
      self.addEventListener('message', (event: MessageEvent<Request>) => handler(event.data));
    },
    send(reply, transfer = []) {
      self.postMessage(reply, { transfer });
    },
  };
}
