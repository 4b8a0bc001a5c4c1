/** Modules that need one another before they can be loaded. Types do not count: they are gone by then. */
import type { Graph, Module } from './graph.ts';

/** Each way that leads back to where it began, as `a.ts → b.ts → a.ts`; one for each file that is the first to close one. */
export function findCycles(graph: Graph): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (module: Module): void => {
    way.push(module.path);
    for (const path of loadedBy(module)) {
      const start = way.indexOf(path);
      if (start >= 0) cycles.push([...way.slice(start), path].join(' → '));
      const next = graph.get(path);
      if (start < 0 && next !== undefined && !done.has(path)) visit(next);
    }
    way.pop();
    done.add(module.path);
  };
  for (const module of graph.values()) if (!done.has(module.path)) visit(module);
  return cycles;
}

/** What is loaded before the module runs: neither types, nor what it asks for later. */
function loadedBy(module: Module): Set<string> {
  const loaded = module.edges.filter(
    ({ target, via }) => target.kind === 'file' && !via.isType && /^(im|ex)port$/.test(via.form),
  );
  return new Set(loaded.map(({ target }) => target.name));
}
