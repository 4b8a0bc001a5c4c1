/** Loads the palette when it is first asked for, so that the first page does not carry it. */
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { PaletteProps } from './palette.tsx';

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }));

export function PaletteHost(props: PaletteProps): ReactNode {
  const [wasOpened, setWasOpened] = useState(false);
  if (props.isOpen && !wasOpened) setWasOpened(true);
  if (!wasOpened && !props.isOpen) return null;
  return (
    <Suspense fallback={null}>
      <Palette {...props} />
    </Suspense>
  );
}
