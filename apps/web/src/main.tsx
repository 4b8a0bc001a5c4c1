/** The console's start: styles, one query client, one router. */
import './theme/index.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createConsoleRouter } from './app/router.tsx';
import { ThemeProvider } from './app/theme-provider.tsx';
import { onUnauthenticated } from './lib/api-client.ts';
import { createQueryClient } from './lib/query-client.ts';
import { sessionQuery } from './lib/session.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

const queryClient = createQueryClient();
const router = createConsoleRouter(queryClient);

onUnauthenticated(() => {
  queryClient.setQueryData(sessionQuery.queryKey, null);
  void router.invalidate();
});

createRoot(root).render(
  <StrictMode>
    <ThemeProvider>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ThemeProvider>
  </StrictMode>,
);
