/** Which account's traffic a page shows; nothing where the server has only one. The choice belongs to the page's URL. */
import type { ReactNode } from 'react';
import { GLOBAL_ACCOUNT } from '../lib/kept-account.ts';
import { useCapabilities } from '../lib/session.ts';
import { Button } from './button.tsx';

const MAX_OFFERED = 6;

/** Where nothing is to be seen in one account: the others, one click away; nothing where there is no other. */
export function OtherAccounts({ account, onChange }: AccountSelectProps): ReactNode {
  const current = account === '' ? GLOBAL_ACCOUNT : account;
  const others = (useCapabilities()?.accounts ?? []).filter((name) => name !== current).slice(0, MAX_OFFERED);
  if (others.length === 0) return null;
  return (
    <div className="row wrap">
      <span className="f3">Look into</span>
      {others.map((name) => (
        <Button key={name} isSmall onClick={() => onChange(name === GLOBAL_ACCOUNT ? '' : name)}>
          {name === GLOBAL_ACCOUNT ? 'global account' : name}
        </Button>
      ))}
    </div>
  );
}

export interface AccountSelectProps {
  /** Empty: the global account. */
  readonly account: string;
  readonly onChange: (account: string) => void;
}

export function AccountSelect({ account, onChange }: AccountSelectProps): ReactNode {
  const accounts = useCapabilities()?.accounts ?? [];
  const current = account === '' ? GLOBAL_ACCOUNT : account;
  if (accounts.length < 2 && account === '') return null;
  const options = accounts.includes(current) ? accounts : [...accounts, current];
  return (
    <span className="inp sel">
      <select
        aria-label="Account"
        value={current}
        onChange={(event) => onChange(event.target.value === GLOBAL_ACCOUNT ? '' : event.target.value)}
      >
        {options.map((name) => (
          <option key={name} value={name}>
            {name === GLOBAL_ACCOUNT ? 'global account' : name}
          </option>
        ))}
      </select>
    </span>
  );
}
