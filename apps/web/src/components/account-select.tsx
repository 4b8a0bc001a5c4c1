/** Which account a page shows; nothing where the server has only one. The choice belongs to the page's URL. */
import type { ReactNode } from 'react';
import { GLOBAL_ACCOUNT } from '../lib/kept-account.ts';
import { useCapabilities, useUsualAccount } from '../lib/session.ts';
import { Button } from './button.tsx';

const MAX_OFFERED = 6;

export interface AccountSelectProps {
  /** Empty: the usual one. */
  readonly account: string;
  readonly onChange: (account: string) => void;
}

/** The account that is shown, the others, and a choice among them that leaves the usual one unnamed. */
function useAccounts({ account, onChange }: AccountSelectProps) {
  const usual = useUsualAccount();
  const known = useCapabilities()?.accounts ?? [];
  const shown = account === '' ? usual : account;
  return {
    shown,
    all: known.includes(shown) ? known : [...known, shown],
    choose: (name: string) => onChange(name === usual ? '' : name),
  };
}

function labelOf(account: string): string {
  return account === GLOBAL_ACCOUNT ? 'global account' : account;
}

/** Where nothing is to be seen in one account: the others, one click away; nothing where there is no other. */
export function OtherAccounts(props: AccountSelectProps): ReactNode {
  const { shown, all, choose } = useAccounts(props);
  const others = all.filter((name) => name !== shown).slice(0, MAX_OFFERED);
  if (others.length === 0) return null;
  return (
    <div className="row wrap">
      <span className="f3">Look into</span>
      {others.map((name) => (
        <Button key={name} isSmall onClick={() => choose(name)}>
          {labelOf(name)}
        </Button>
      ))}
    </div>
  );
}

export function AccountSelect(props: AccountSelectProps): ReactNode {
  const { shown, all, choose } = useAccounts(props);
  if (all.length < 2) return null;
  return (
    <span className="inp sel">
      <select aria-label="Account" value={shown} onChange={(event) => choose(event.target.value)}>
        {all.map((name) => (
          <option key={name} value={name}>
            {labelOf(name)}
          </option>
        ))}
      </select>
    </span>
  );
}
