/** Which account's data a page shows. An empty choice is the account of clients without credentials, whatever its name. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { jetStreamQuery } from '../../lib/jetstream-state.ts';
import { GLOBAL_ACCOUNT } from '../../lib/kept-account.ts';
import { AccountSelect } from '../account-select.tsx';

export interface DataAccountProps {
  /** Empty: the account of clients without credentials. */
  readonly account: string;
  readonly onChange: (account: string) => void;
}

export function DataAccount({ account, onChange }: DataAccountProps): ReactNode {
  const usual = useQuery(jetStreamQuery('')).data?.account ?? GLOBAL_ACCOUNT;
  const shown = account === '' ? usual : account;
  return (
    <AccountSelect
      account={shown === GLOBAL_ACCOUNT ? '' : shown}
      onChange={(chosen) => {
        const name = chosen === '' ? GLOBAL_ACCOUNT : chosen;
        onChange(name === usual ? '' : name);
      }}
    />
  );
}
