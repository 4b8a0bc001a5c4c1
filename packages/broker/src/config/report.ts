/**
 * What is wrong with a configuration, collected so that one run names all of it: errors, warnings, and keys that are understood but that
 * this build does not act on. The texts are nats-server's, with its places. Source: nats-server server/errors.go configErr.
 */
import { goQuote as quoted } from '@sluice/protocol';
import type { ConfigNode, ConfigPlace, ConfigSources } from '@sluice/protocol/config';

/** A key that is understood but not acted on; a fatal one would leave a door open that the operator meant to close. */
export interface UnsupportedUse {
  readonly feature: string;
  readonly isFatal: boolean;
  readonly place: ConfigPlace | undefined;
}

export class ConfigReport {
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  readonly unsupported: UnsupportedUse[] = [];
  /** Values of the wrong type so far: nats-server gives up on a block at the first one. */
  wrongTypeCount = 0;
  /** Where such errors are shown while nats-server has no better place for them. */
  wrongTypesAt: ConfigNode | undefined;
  /** Files that a configuration names: certificates, operator JWTs. */
  readonly readFile: ConfigSources['readFile'];

  constructor(readFile: ConfigSources['readFile']) {
    this.readFile = readFile;
  }

  /** An error at a key; without one, an error of the whole. */
  error(at: ConfigNode | undefined, reason: string): void {
    this.errors.push(at === undefined ? reason : `${placeText(at.place)}: ${reason}`);
  }

  warning(at: ConfigNode | undefined, reason: string): void {
    this.warnings.push(at === undefined ? reason : `${placeText(at.place)}: ${reason}`);
  }

  /** A value that is taken but is not what the key wants. */
  misuse(at: ConfigNode, field: string, reason: string): void {
    this.warning(at, `invalid use of field ${quoted(field)}: ${reason}`);
  }

  /** A key that nothing knows; a key that served as a variable may have any name. */
  unknownField(at: ConfigNode, field: string): void {
    if (!at.isUsedVariable) this.error(at, `unknown field ${quoted(field)}`);
  }

  /** Notes a feature once. */
  notYet(at: ConfigNode | undefined, feature: string, { isFatal = false }: { isFatal?: boolean } = {}): void {
    if (this.unsupported.some((use) => use.feature === feature)) return;
    this.unsupported.push({ feature, isFatal, place: at?.place });
  }

  /** All of it as nats-server prints it: warnings, then errors, one a line. */
  text(): string {
    return [...this.warnings, ...this.errors].map((line) => `${line}\n`).join('');
  }
}

/** `file:line:column`. */
export function placeText(place: ConfigPlace): string {
  return `${place.file}:${place.line}:${place.column}`;
}

export { quoted };
