/** Which columns a table shows. */
import { Popover } from '@mantine/core';
import { Columns3 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../button.tsx';
import type { ColumnChoice, DataTableColumn } from './column.ts';

export interface ColumnChooserProps<Row> {
  readonly columns: readonly DataTableColumn<Row>[];
  readonly choice: ColumnChoice;
}

export function ColumnChooser<Row>({ columns, choice }: ColumnChooserProps<Row>): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-end" shadow="none" trapFocus withinPortal>
      <Popover.Target>
        <Button icon={Columns3} aria-expanded={isOpen} aria-label="Columns" onClick={() => setIsOpen(!isOpen)}>
          <span className="h-md">Columns</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown className="menu" aria-label="Columns">
        <ul className="opts">
          {columns
            .filter((column) => column.isFixed !== true)
            .map((column) => (
              <li key={column.id}>
                <label className="opt">
                  <input type="checkbox" checked={choice.isShown(column.id)} onChange={() => choice.toggle(column.id)} />
                  <span className="el grow">{column.header}</span>
                </label>
              </li>
            ))}
        </ul>
        <Button variant="ghost" isSmall onClick={() => choice.reset()}>
          As delivered
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
