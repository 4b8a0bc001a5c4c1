/**
 * The direction rules of docs/architecture.md: the real tree keeps every one, and each rule is shown to fail on a violation
 * planted for it, so that a rule which has stopped looking cannot pass.
 */
import { describe, expect, it } from 'vitest';
import { checkRule } from './layers/check.ts';
import { findCycles } from './layers/cycles.ts';
import { buildGraph } from './layers/graph.ts';
import { layerOf, rules } from './layers/rules.ts';
import { readSources } from './layers/tree.ts';

const B = 'packages/broker/src';
const P = 'packages/protocol/src';
const W = 'apps/web/src';

/** Rule → a tree that breaks it, and what the report must name. */
const planted: Readonly<Record<string, readonly { tree: Record<string, string>; named: string }[]>> = {
  'an import only goes down': [
    { tree: { [`${B}/account/account.ts`]: "import '../client/client-connection.ts'" }, named: 'client/client-connection.ts' },
    { tree: { [`${B}/env/env.ts`]: "import type { Router } from '../routing/router.ts'" }, named: 'routing/router.ts' },
  ],
  'protocol is the bottom': [
    { tree: { [`${P}/subject.ts`]: "import { Broker } from '@sluice/broker'" }, named: 'packages/broker' },
    { tree: { [`${P}/wire/parser.ts`]: "export { z } from 'zod'" }, named: 'zod' },
  ],
  'protocol is browser-safe': [
    { tree: { [`${P}/nkey.ts`]: "import { createHash } from 'node:crypto'" }, named: 'node:crypto' },
    {
      tree: { [`${P}/a.ts`]: "export * from './b.ts'", [`${P}/b.ts`]: "import { Parser } from './wire/index.ts'" },
      named: 'b.ts:1',
    },
    { tree: { [`${P}/a.ts`]: 'export const debug = process.env.DEBUG' }, named: 'process.env' },
  ],
  'the web speaks only protocol': [
    { tree: { [`${W}/lib/live-socket.ts`]: "import { parse } from '@sluice/protocol/wire'" }, named: 'protocol/src/wire' },
    { tree: { [`${W}/main.tsx`]: "const server = await import('../../api/src/server.ts')" }, named: 'apps/api/src/server.ts' },
    { tree: { [`${W}/main.tsx`]: "import type { Broker } from '@sluice/broker'" }, named: 'packages/broker' },
  ],
  'the broker knows no host': [
    { tree: { [`${B}/monitor/http.ts`]: "import fastify from 'fastify'" }, named: 'fastify' },
    { tree: { [`${B}/nats-server/main.ts`]: "import websocket from '@fastify/websocket'" }, named: '@fastify/websocket' },
    { tree: { [`${B}/broker.ts`]: "import '../../../apps/api/src/app.ts'" }, named: 'apps/api/src/app.ts' },
  ],
  'the broker reads no environment': [
    { tree: { [`${B}/server.ts`]: 'const port = Number(process.env.PORT)' }, named: 'process.env' },
    { tree: { [`${B}/config/variables.ts`]: "const home = process.env['HOME']" }, named: 'process.env' },
  ],
  'routing is pure': [
    { tree: { [`${B}/routing/router.ts`]: "import type { Account } from '../account/account.ts'" }, named: 'account/account.ts' },
    {
      tree: { [`${B}/routing/router.ts`]: "import '../util/ring.ts'", [`${B}/util/ring.ts`]: "import 'node:os'" },
      named: 'ring.ts:1 → node:os',
    },
    { tree: { [`${B}/routing/sublist.ts`]: "import { Buffer } from 'buffer'" }, named: 'node:buffer' },
  ],
  'the store is only storage': [
    { tree: { [`${B}/jetstream/store/segment.ts`]: "import { crc32 } from 'node:zlib'" }, named: 'node:zlib' },
    { tree: { [`${B}/jetstream/store/store.ts`]: "import { match } from '@sluice/protocol'" }, named: 'packages/protocol' },
    {
      tree: { [`${B}/jetstream/store/store.ts`]: "import { nodeDisk } from '../../env/node/node-disk.ts'" },
      named: 'node-disk.ts',
    },
  ],
  'jetstream knows no sockets': [
    {
      tree: { [`${B}/jetstream/stream/ingest.ts`]: "import type { Outbound } from '../../connection/outbound.ts'" },
      named: 'outbound.ts',
    },
    { tree: { [`${B}/jetstream/api/info.ts`]: "import net from 'net'" }, named: 'node:net' },
  ],
  'verbs do not know each other': [
    { tree: { [`${B}/client/sub.ts`]: "import { processUnsub } from './unsub.ts'" }, named: 'unsub.ts' },
    {
      tree: { [`${B}/client/pub.ts`]: "import './limits.ts'", [`${B}/client/limits.ts`]: "import './connect.ts'" },
      named: 'limits.ts:1 → packages/broker/src/client/connect.ts',
    },
  ],
  'connection kinds do not know each other': [
    { tree: { [`${B}/cluster/route/route.ts`]: "import '../leafnode/leafnode.ts'" }, named: 'leafnode.ts' },
    { tree: { [`${B}/client/client-connection.ts`]: "import '../cluster/gateway/gateway.ts'" }, named: 'gateway.ts' },
  ],
  'observers are leaves': [
    { tree: { [`${B}/client/connect.ts`]: "import { publishEvent } from '../system/events.ts'" }, named: 'system/events.ts' },
    {
      tree: { 'apps/api/src/app.ts': "import { varz } from '../../../packages/broker/src/monitor/varz.ts'" },
      named: 'monitor/varz.ts',
    },
  ],
  'time, chance, disk and network are injected': [
    { tree: { [`${B}/auth/authenticator.ts`]: 'const started = Date.now();' }, named: 'Date.now' },
    { tree: { [`${B}/connection/heartbeat.ts`]: 'const timer = setTimeout(() => ping(), 10);' }, named: 'setTimeout' },
    { tree: { [`${P}/nuid.ts`]: 'const digit = Math.random();' }, named: 'Math.random' },
    { tree: { [`${B}/config/include.ts`]: "import { readFileSync } from 'node:fs'" }, named: 'node:fs' },
    { tree: { [`${B}/monitor/http.ts`]: "import { createServer } from 'node:net'" }, named: 'node:net' },
    { tree: { [`${B}/monitor/http.ts`]: "import { isIP, connect } from 'node:net'" }, named: 'node:net' },
    { tree: { [`${B}/monitor/http.ts`]: "import * as net from 'node:net'" }, named: 'node:net' },
    { tree: { [`${B}/auth/nonce.ts`]: "import { createHash, randomBytes } from 'node:crypto'" }, named: 'node:crypto' },
    {
      tree: { [`${B}/auth/nonce.ts`]: "import * as crypto from 'node:crypto'; crypto.randomUUID();" },
      named: 'crypto.randomUUID',
    },
  ],
  'features do not cross': [
    {
      tree: { [`${W}/features/tap/tap-page.tsx`]: "import { Row } from '../subjects/components/row.tsx'" },
      named: 'features/subjects',
    },
  ],
  'only routes compose features': [
    {
      tree: { [`${W}/components/data-table.tsx`]: "import { kick } from '../features/connections/api/kick.ts'" },
      named: 'features/connections',
    },
  ],
};

/** Trees that look like violations and are none. */
const innocent: Readonly<Record<string, Record<string, string>>> = {
  'verbs do not know each other': {
    [`${B}/client/pub.ts`]: "import type { Client } from './client-connection.ts'",
    [`${B}/client/client-connection.ts`]: "import { dispatch } from './dispatch.ts'",
    [`${B}/client/dispatch.ts`]: "import './pub.ts'; import './sub.ts'",
    [`${B}/client/sub.ts`]: '',
  },
  'observers are leaves': { [`${B}/broker.ts`]: "import { startMonitor } from './monitor/http.ts'" },
  'time, chance, disk and network are injected': {
    [`${B}/env/node/node-clock.ts`]: 'export const nowMs = () => Date.now();',
    [`${B}/connection/proxy-header.ts`]: "import { isIPv4, isIPv6 } from 'node:net'",
    [`${B}/auth/authenticator.ts`]:
      "import { createHash } from 'node:crypto'; // not Date.now()\nconst text = 'Math.random()'; clock.setTimeout(1);",
  },
  'the broker reads no environment': { [`${B}/nats-server/main.ts`]: 'const home = process.env.HOME;' },
  'the store is only storage': {
    [`${B}/jetstream/store/segment.ts`]:
      "import type { Disk } from '../../env/disk.ts'; import { assert } from '../../assert.ts'",
  },
  'jetstream knows no sockets': {
    [`${B}/jetstream/messenger.ts`]: "import { Account } from '../account/account.ts'",
    [`${B}/account/account.ts`]: "import type { OutputTurn } from '../connection/output-turn.ts'",
  },
  'protocol is the bottom': { [`${P}/console/session.ts`]: "import { Type } from 'typebox'" },
};

const graphOf = (tree: Record<string, string>) => buildGraph(new Map(Object.entries(tree)));

const graph = buildGraph(readSources());

describe('layer rules', () => {
  it('have a layer for every file of the broker', () => {
    const files = [...graph.keys()].filter((path) => path.startsWith(`${B}/`));
    expect(files.length).toBeGreaterThan(300);
    expect(files.filter((path) => layerOf(path) === undefined)).toEqual([]);
  });

  for (const rule of rules) {
    describe(rule.name, () => {
      it('holds in this repository', () => {
        expect(checkRule(rule, graph).violations.map((violation) => violation.way)).toEqual([]);
      });

      it('looks at enough files to mean something', () => {
        expect(checkRule(rule, graph).lookedAt).toBeGreaterThanOrEqual(rule.minimum);
      });

      it('fails on each planted violation', () => {
        const cases = planted[rule.name] ?? [];
        expect(cases.length).toBeGreaterThan(0);
        for (const { tree, named } of cases) {
          const ways = checkRule(rule, graphOf(tree)).violations.map((violation) => violation.way);
          expect(ways.join('\n'), JSON.stringify(tree)).toContain(named);
        }
      });

      const tree = innocent[rule.name];
      if (tree) {
        it('lets pass what only looks like a violation', () => {
          expect(checkRule(rule, graphOf(tree)).violations).toEqual([]);
        });
      }
    });
  }
});

describe('modules', () => {
  it('never need one another to be loaded', () => {
    expect(findCycles(graph)).toEqual([]);
  });

  it('that do are found, however long the way is', () => {
    const a = `${B}/a.ts`;
    const found = findCycles(
      graphOf({
        [a]: "import { b } from './b.ts'",
        [`${B}/b.ts`]: "export * from './c.ts'",
        [`${B}/c.ts`]: "import { type A, a } from './a.ts'",
      }),
    );
    expect(found).toEqual([`${a} → ${B}/b.ts → ${B}/c.ts → ${a}`]);
  });

  it('may know one another by type, and may ask for one another later', () => {
    const tree = {
      [`${B}/a.ts`]: "import { b } from './b.ts'",
      [`${B}/b.ts`]: "import type { A } from './a.ts'; export type { B } from './a.ts'; const later = () => import('./a.ts');",
    };
    expect(findCycles(graphOf(tree))).toEqual([]);
  });
});
