/**
 * The lexer: a machine of named states over a cursor. It follows nats-server's in every oddity that shows in an error text or in a
 * value, and reads a text once, in linear time. Source: nats-server conf/lex.go.
 */
import { collectionStates } from './collection-states.ts';
import type { ConfigItem } from './items.ts';
import { keyStates } from './key-states.ts';
import { type ConfigState, type ConfigStateName, LexerCore } from './lexer-core.ts';
import { valueStates } from './value-states.ts';

const states: Readonly<Record<ConfigStateName, ConfigState>> = { ...keyStates, ...collectionStates, ...valueStates };

export class ConfigLexer {
  private readonly core: LexerCore;
  private state: ConfigStateName | 'stop' = 'top';

  /** `maxDepth` bounds blocks and arrays inside one another. */
  constructor(text: string, maxDepth: number) {
    this.core = new LexerCore(text, maxDepth);
  }

  /** The next item; behind an error or the end, an end again. */
  next(): ConfigItem {
    const { core } = this;
    while (core.ready === undefined) {
      if (this.state === 'stop') return core.cursor.take('end', '');
      const follower = states[this.state](core);
      this.state = follower === 'pop' ? core.pop() : follower;
    }
    const item = core.ready;
    core.ready = undefined;
    return item;
  }
}
