/** Holds a graph to the rules: walks from each file of a rule and reports the first way to each thing it must not reach. */
import type { Graph, Module } from './graph.ts';
import type { Rule } from './rules.ts';

export interface Violation {
  readonly rule: string;
  /** From the file that breaks the rule to what it must not reach, as `a.ts:3 → b.ts:1 → node:fs`. */
  readonly way: string;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  /** Files that the rule applied to. */
  readonly lookedAt: number;
}

interface Step {
  readonly module: Module;
  readonly way: string;
}

/** Everything in the graph that breaks one rule. */
export function checkRule(rule: Rule, graph: Graph): Verdict {
  const origins = [...graph.values()].filter((module) => rule.from(module.path));
  const violations = origins.flatMap((origin) => [...checkUses(rule, origin), ...checkImports(rule, origin, graph)]);
  return { violations, lookedAt: origins.length };
}

function checkUses(rule: Rule, origin: Module): Violation[] {
  const bad = origin.uses.filter((use) => rule.mayUse !== undefined && !rule.mayUse(use.name));
  return bad.map((use) => ({ rule: rule.name, way: `${origin.path}:${use.line} → ${use.name}` }));
}

/** Breadth first, so that the shortest way is the one reported; each module and each target once per origin. */
function checkImports(rule: Rule, origin: Module, graph: Graph): Violation[] {
  const violations = new Map<string, Violation>();
  const seen = new Set([origin.path]);
  const queue: Step[] = [{ module: origin, way: '' }];
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    for (const { target, via } of step.module.edges) {
      const way = `${step.way}${step.module.path}:${via.line} → `;
      if (!rule.mayImport(target, origin.path, step.module)) {
        if (!violations.has(target.name)) violations.set(target.name, { rule: rule.name, way: way + target.name });
        continue;
      }
      const next = target.kind === 'file' ? graph.get(target.name) : undefined;
      if (next === undefined || rule.isDirect || seen.has(next.path) || rule.stopsAt?.(next.path)) continue;
      seen.add(next.path);
      queue.push({ module: next, way });
    }
  }
  return [...violations.values()];
}
