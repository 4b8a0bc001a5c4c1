/** One way to prove who one is. `make-authenticator.ts` puts the methods of a configuration in order; the first that applies decides. */
import type { AuthRequest, AuthResult, Identity } from './authenticator.ts';

export interface AuthMethod {
  /** True when the request carries what this method looks at. */
  applies(request: AuthRequest): boolean;
  /** Asked only when `applies`. */
  check(request: AuthRequest): AuthResult | Promise<AuthResult>;
}

/** The refusal that says too little to tell an unknown user from a wrong password; details would end in logs that others read. */
export function refused(reason: string): AuthResult {
  return { ok: false, reason };
}

/** The client is who it says. */
export function accepted(identity: Identity): AuthResult {
  return { ok: true, identity };
}

/** A refusal whose reason gives nothing away that the client has not shown itself. */
export function refusedOpenly(reason: string): AuthResult {
  return { ok: false, reason, detail: reason };
}
