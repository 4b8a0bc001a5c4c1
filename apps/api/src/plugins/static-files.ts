/**
 * The console's pages: files with a hash in their name are kept by the browser for good, `index.html` never. Every path that is
 * neither a file nor under `/api` is a page of the console's router.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { HttpFailure } from '../http-failure.ts';
import { sendFailure } from './errors.ts';

const HASHED = /^\/assets\//;
const ONE_YEAR_MS = 31_536_000_000;

/** The built pages: beside the bundle, or in the web workspace when the sources run. */
export function findWebFolder(): string | undefined {
  const candidates = ['./web', '../web', '../../../web/dist', '../../web/dist'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((folder) => existsSync(join(folder, 'index.html')));
}

export async function useStaticFiles(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder !== undefined) {
    await app.register(fastifyStatic, { root: folder, serve: false, index: false, preCompressed: true, cacheControl: false });
  }
  const page = (reply: FastifyReply): FastifyReply => {
    if (folder === undefined)
      return reply.code(503).type('text/plain').send('The pages of the console are not built: run "npm run build".\n');
    return reply.header('cache-control', 'no-cache').sendFile('index.html', folder);
  };
  app.get('/', { config: { role: 'public' }, schema: { hide: true } }, async (_request, reply) => page(reply));
  app.get('/*', { config: { role: 'public' }, schema: { hide: true } }, async (request, reply) => {
    const path = new URL(request.url, 'http://x').pathname;
    if (path.startsWith('/api/') || path === '/api')
      return sendFailure(new HttpFailure('not_found', 'no such resource'), request, reply);
    if (!path.slice(path.lastIndexOf('/')).includes('.')) return page(reply);
    if (folder === undefined) return page(reply);
    reply.header('cache-control', HASHED.test(path) ? `public, max-age=${ONE_YEAR_MS / 1000}, immutable` : 'no-cache');
    return reply.sendFile(decodeURIComponent(path).slice(1), folder);
  });
  app.setNotFoundHandler((request, reply) => sendFailure(new HttpFailure('not_found', 'no such resource'), request, reply));
}
