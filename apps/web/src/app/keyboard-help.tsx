/** What the keyboard does, on `?`. */
import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { pages } from './navigation.ts';

const lists: readonly { readonly title: string; readonly keys: readonly (readonly [keys: string, does: string])[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      ['Ctrl K', 'search, jump, act'],
      ['?', 'this list'],
      ['/', 'search on this page'],
      ['Esc', 'close what is open'],
    ],
  },
  { title: 'Go to', keys: pages.map((page) => [`g ${page.key}`, page.label] as const) },
  {
    title: 'Lists',
    keys: [
      ['j k', 'next, previous row'],
      ['Home End', 'first, last row'],
      ['Enter', 'open the row'],
      ['Space', 'choose a row, pause a tap'],
    ],
  },
];

export function KeyboardHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keyboard" size={560} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="keys">
        {lists.map((list) => (
          <section key={list.title}>
            <h3>{list.title}</h3>
            <dl>
              {list.keys.map(([keys, does]) => (
                <div key={keys}>
                  <dt>{does}</dt>
                  <dd>
                    {keys.split(' ').map((key) => (
                      <kbd key={key} className="kbd">
                        {key}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
