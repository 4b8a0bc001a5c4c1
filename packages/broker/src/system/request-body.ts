/**
 * The JSON of a request: fields read one by one, names in any case, unknown ones ignored, a wrong type refused in the words of Go's
 * decoder, which tools show to people. An empty payload is an empty object.
 */
import { goSyntaxError } from '@sluice/protocol';

/** Longest request that is read, in bytes. */
const MAX_REQUEST_BYTES = 1_048_576;

export class RequestBody {
  /** What is wrong with it, or undefined while all is well. */
  error: string | undefined;
  private readonly fields: ReadonlyMap<string, unknown>;
  private readonly structName: string;

  /** `structName` is what error texts call the request. */
  constructor(payload: Uint8Array, structName: string) {
    this.structName = structName;
    const parsed = parse(payload, structName);
    this.error = parsed.error;
    this.fields = new Map(Object.entries(parsed.value).map(([name, value]) => [name.toLowerCase(), value]));
  }

  text(name: string, goType = 'string'): string {
    const value = this.field(name);
    if (typeof value === 'string') return value;
    if (value !== undefined) this.mismatch(name, value, goType);
    return '';
  }

  boolean(name: string): boolean {
    const value = this.field(name);
    if (typeof value === 'boolean') return value;
    if (value !== undefined) this.mismatch(name, value, 'bool');
    return false;
  }

  /** An integer; 0 when absent. */
  int(name: string, goType = 'int'): number {
    const value = this.field(name);
    const isInRange = typeof value === 'number' && Number.isSafeInteger(value) && (value >= 0 || goType !== 'uint64');
    if (isInRange) return value;
    if (value !== undefined) this.mismatch(name, value, goType);
    return 0;
  }

  texts(name: string): string[] {
    const value = this.field(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.mismatch(name, value, '[]string');
      return [];
    }
    const wrong = value.find((item) => typeof item !== 'string');
    if (wrong !== undefined) this.mismatch(name, wrong, 'string');
    return value.filter((item) => typeof item === 'string');
  }

  /** Undefined for absent and for null. */
  private field(name: string): unknown {
    return this.fields.get(name) ?? undefined;
  }

  private mismatch(name: string, value: unknown, goType: string): void {
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    this.error ??= `json: cannot unmarshal ${kind} into Go struct field ${this.structName}.${name} of type ${goType}`;
  }
}

function parse(payload: Uint8Array, structName: string): { value: object; error: string | undefined } {
  const nothing = (error: string | undefined) => ({ value: {}, error });
  if (payload.length === 0) return nothing(undefined);
  if (payload.length > MAX_REQUEST_BYTES) return nothing(`request of ${payload.length} bytes is too large`);
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return nothing(undefined);
    if (typeof value === 'object' && !Array.isArray(value)) return { value, error: undefined };
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return nothing(`json: cannot unmarshal ${kind} into Go value of type server.${structName}`);
  } catch (error) {
    if (error instanceof SyntaxError) return nothing(goSyntaxError(text)?.text ?? 'invalid JSON');
    throw error;
  }
}
