/** Holds answers to the schemas that their routes declare: what OpenAPI says is what comes. */
import { Compile } from 'typebox/compile';
import type { ApiRoute } from '../../src/routes/define-route.ts';

/** Throws with the first differences when `answer` is not what the route of `path` declares. */
export function checkAnswer(routes: readonly ApiRoute[], method: string, path: string, answer: unknown): void {
  const route = routeOf(routes, method, path.split('?', 1)[0] ?? '');
  if (route?.answer === undefined) throw new Error(`no route declares the answer of ${method} ${path}`);
  const check = Compile(route.answer);
  if (check.Check(answer)) return;
  const errors = check.Errors(answer).map((error) => `${error.instancePath} ${error.message}`);
  throw new Error(`${method} ${path} answers otherwise than it says: ${errors.slice(0, 5).join('; ')}`);
}

function routeOf(routes: readonly ApiRoute[], method: string, path: string): ApiRoute | undefined {
  const fits = (route: ApiRoute): boolean =>
    route.method === method && new RegExp(`^${route.url.replace(/:\w+/g, '[^/]+')}$`).test(path);
  // A literal URL before one with parameters.
  return routes.find((route) => route.method === method && route.url === path) ?? routes.find(fits);
}
