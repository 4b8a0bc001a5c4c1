/** The pages that exist, in the order of the rail, with the letter that leads to each after `g`. */
import {
  Activity,
  ArrowLeftRight,
  Boxes,
  Database,
  FlaskConical,
  KeyRound,
  Layers,
  ListChecks,
  ListTree,
  type LucideIcon,
  Radio,
  ScrollText,
  Settings,
  ShieldAlert,
  SlidersHorizontal,
  SquarePen,
  Users,
  Waypoints,
} from 'lucide-react';

export type PagePath =
  | '/'
  | '/connections'
  | '/subjects'
  | '/subscriptions'
  | '/tap'
  | '/streams'
  | '/consumers'
  | '/key-value'
  | '/objects'
  | '/workbench'
  | '/auth-failures'
  | '/config'
  | '/audit'
  | '/settings';

export interface NavigationPage {
  readonly label: string;
  readonly to: PagePath;
  readonly icon: LucideIcon;
  /** Pressed after `g`. */
  readonly key: string;
  /** The rail has this page only where there is JetStream; its address always works and says what is missing. */
  readonly needsJetStream?: true;
  /** It shows one account, named in its URL: links carry the one that was looked at last. */
  readonly hasAccount?: true;
}

export interface NavigationGroup {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly pages: readonly NavigationPage[];
}

/** A group of one page is that page. */
export const navigation: readonly NavigationGroup[] = [
  { label: 'Overview', icon: Activity, pages: [{ label: 'Overview', to: '/', icon: Activity, key: 'o' }] },
  {
    label: 'Traffic',
    icon: ArrowLeftRight,
    pages: [
      { label: 'Connections', to: '/connections', icon: Users, key: 'c' },
      { label: 'Subjects', to: '/subjects', icon: ListTree, key: 's', hasAccount: true },
      { label: 'Subscriptions', to: '/subscriptions', icon: Waypoints, key: 'u', hasAccount: true },
      { label: 'Tap', to: '/tap', icon: Radio, key: 't', hasAccount: true },
    ],
  },
  {
    label: 'Data',
    icon: Database,
    pages: [
      { label: 'Streams', to: '/streams', icon: Layers, key: 'r', needsJetStream: true, hasAccount: true },
      { label: 'Consumers', to: '/consumers', icon: ListChecks, key: 'n', needsJetStream: true, hasAccount: true },
      { label: 'Key-Value', to: '/key-value', icon: KeyRound, key: 'k', needsJetStream: true, hasAccount: true },
      { label: 'Objects', to: '/objects', icon: Boxes, key: 'b', needsJetStream: true, hasAccount: true },
    ],
  },
  { label: 'Workbench', icon: FlaskConical, pages: [{ label: 'Workbench', to: '/workbench', icon: FlaskConical, key: 'w' }] },
  {
    label: 'Security',
    icon: ShieldAlert,
    pages: [{ label: 'Auth failures', to: '/auth-failures', icon: ShieldAlert, key: 'l' }],
  },
  {
    label: 'Operate',
    icon: SlidersHorizontal,
    pages: [
      { label: 'Config', to: '/config', icon: SquarePen, key: 'f' },
      { label: 'Audit', to: '/audit', icon: ScrollText, key: 'a' },
      { label: 'Settings', to: '/settings', icon: Settings, key: ',' },
    ],
  },
];

/** Every page once, in order. */
export const pages: readonly NavigationPage[] = navigation.flatMap((group) => group.pages);

/** Search parameters of a link to `page`, where `kept` names the account that was looked at last. */
export function searchOf(page: NavigationPage, kept: { account?: string }): { account?: string } {
  return page.hasAccount === true ? kept : {};
}

/** Page that the address belongs to, the pages below it included; undefined where there is none. */
export function pageAt(pathname: string): NavigationPage | undefined {
  return pages.find((page) => page.to === pathname || (page.to !== '/' && pathname.startsWith(`${page.to}/`)));
}
