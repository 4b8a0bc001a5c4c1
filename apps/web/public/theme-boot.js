// Sets the colour scheme before the first paint; a file of its own because the content policy allows no inline script.
(() => {
  let wished = 'auto';
  try {
    wished = localStorage.getItem('sluice.theme') ?? 'auto';
  } catch {
    wished = 'auto'; // Storage is blocked: follow the system.
  }
  const isDark = wished === 'dark' || (wished !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
})();
