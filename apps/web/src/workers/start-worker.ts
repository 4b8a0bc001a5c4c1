/**
 * Starts a worker from a script of our own origin. The console's content security policy demands trusted types for script URLs, so
 * the URL passes through a policy that lets nothing but same-origin addresses through.
 */

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

declare global {
  interface Window {
    /** Absent in browsers without trusted types. */
    readonly trustedTypes?: TrustedTypesFactory;
  }
}

let policy: ScriptUrlPolicy | undefined;

function sameOriginOnly(url: string): string {
  const resolved = new URL(url, window.location.href);
  if (resolved.origin !== window.location.origin) throw new TypeError(`worker from a foreign origin: ${resolved.origin}`);
  return resolved.href;
}

/** A module worker for `url`, which comes from a `?worker&url` import. Throws a TypeError for a foreign origin. */
export function startWorker(url: string, name: string): Worker {
  if (window.trustedTypes !== undefined && policy === undefined) {
    policy = window.trustedTypes.createPolicy('sluice-worker', { createScriptURL: sameOriginOnly });
  }
  const checked = policy === undefined ? sameOriginOnly(url) : policy.createScriptURL(url);
  return new Worker(checked, { type: 'module', name });
}
