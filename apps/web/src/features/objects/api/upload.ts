/** Sends a file and tells how far it is: `fetch` cannot, so this is an XMLHttpRequest. */
import { OBJECT_UPLOAD_MAX_BYTES, type ObjectRow } from '@sluice/protocol/console';
import { ApiFailure, csrfHeader, failureOfAnswer } from '../../../lib/api-client.ts';
import { formatBytes } from '../../../lib/format.ts';

export interface Upload {
  /** Rejects with an ApiFailure; after `stop` with `code` `unreachable`. */
  readonly done: Promise<ObjectRow>;
  stop(): void;
}

/** Why a file cannot be sent, or null. */
export function fileProblem(file: { readonly size: number }): string | null {
  return file.size > OBJECT_UPLOAD_MAX_BYTES ? `The console takes files up to ${formatBytes(OBJECT_UPLOAD_MAX_BYTES)}` : null;
}

/** Begins at once. `onProgress` hears the bytes that left this machine. */
export function upload(address: string, file: Blob, onProgress: (sentBytes: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<ObjectRow>((resolve, reject) => {
    const fail = (message: string): void => reject(new ApiFailure('unreachable', 0, { message, requestId: '' }));
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded));
    request.addEventListener('load', () => {
      if (request.status < 200 || request.status > 299) {
        reject(failureOfAnswer(request.status, request.responseText));
        return;
      }
      // The server's answers have the shapes of @sluice/protocol/console; both sides compile against the same types.
      resolve(JSON.parse(request.responseText) as ObjectRow);
    });
    request.addEventListener('error', () => fail('The connection was lost while sending.'));
    request.addEventListener('abort', () => fail('Stopped. Nothing was stored.'));
  });
  const [name, token] = csrfHeader();
  request.open('PUT', address);
  request.setRequestHeader(name, token);
  request.setRequestHeader('accept', 'application/json');
  request.setRequestHeader('content-type', 'application/octet-stream');
  request.send(file);
  return { done, stop: () => request.abort() };
}
