/**
 * The account that was looked at last. Each page has its account in its URL; this is what the links between pages carry, so that
 * whoever works on one account chooses it once and not on every page. It stays in this browser.
 */
import { readPreference, usePreference, writePreference } from './preferences.ts';

/** The account that clients without one are in. */
export const GLOBAL_ACCOUNT = '$G';

const NAME = 'account';

/** Search parameters of a link to a page that shows one account; none for the account that such a page shows by itself. */
export function accountSearch(account: string): { account?: string } {
  return account === '' ? {} : { account };
}

/** The kept account as search parameters, for links drawn on the page. */
export function useKeptAccount(): { account?: string } {
  const [account] = usePreference(NAME, '');
  return accountSearch(account);
}

/** The same, for whoever follows a key. */
export function keptAccount(): { account?: string } {
  return accountSearch(readPreference(NAME) ?? '');
}

/** The page at hand shows `account`. */
export function keepAccount(account: string): void {
  if ((readPreference(NAME) ?? '') !== account) writePreference(NAME, account);
}
