/** Files on their way into a bucket, one after another, as the page lists them. Pure. */

export type UploadState =
  | { readonly kind: 'waiting' }
  /** The server is asked whether there is an object of that name. */
  | { readonly kind: 'checking' }
  /** There is one: somebody has to say that it may go. */
  | { readonly kind: 'exists'; readonly sizeBytes: number }
  | { readonly kind: 'sending'; readonly sentBytes: number }
  | { readonly kind: 'done'; readonly digest: string | null }
  | { readonly kind: 'failed'; readonly message: string };

export interface UploadItem {
  readonly id: number;
  readonly name: string;
  readonly sizeBytes: number;
  /** True once somebody has said that an object of that name may go. */
  readonly mayReplace: boolean;
  readonly state: UploadState;
}

/** Files that may wait at once. */
export const UPLOADS_MAX = 100;

/** The list with one more state; unknown ids change nothing. */
export function withState(items: readonly UploadItem[], id: number, state: UploadState): readonly UploadItem[] {
  return items.map((item) => (item.id === id ? { ...item, state } : item));
}

/** The list after somebody said that the object may go. */
export function withReplacing(items: readonly UploadItem[], id: number): readonly UploadItem[] {
  return items.map((item) =>
    item.id === id && item.state.kind === 'exists' ? { ...item, mayReplace: true, state: { kind: 'waiting' } } : item,
  );
}

/** The file to look at next: none while one is being sent or asked about. */
export function nextUpload(items: readonly UploadItem[]): UploadItem | undefined {
  if (items.some(({ state }) => state.kind === 'sending' || state.kind === 'checking')) return undefined;
  return items.find((item) => item.state.kind === 'waiting');
}

/** 0 to 1; an empty file is whole from the start. */
export function progressOf(item: UploadItem): number {
  if (item.state.kind === 'done') return 1;
  if (item.state.kind !== 'sending') return 0;
  return item.sizeBytes === 0 ? 1 : Math.min(item.state.sentBytes / item.sizeBytes, 1);
}
