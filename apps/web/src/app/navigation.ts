/** The pages that exist, in the order of the rail, with the letter that leads to each after `g`. */
import { Activity, ArrowLeftRight, ListTree, type LucideIcon, Radio } from 'lucide-react';

export type PagePath = '/' | '/subjects' | '/tap';

export interface NavigationPage {
  readonly label: string;
  readonly to: PagePath;
  readonly icon: LucideIcon;
  /** Pressed after `g`. */
  readonly key: string;
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
      { label: 'Subjects', to: '/subjects', icon: ListTree, key: 's' },
      { label: 'Tap', to: '/tap', icon: Radio, key: 't' },
    ],
  },
];

/** Every page once, in order. */
export const pages: readonly NavigationPage[] = navigation.flatMap((group) => group.pages);

/** Page that the address belongs to, or undefined. */
export function pageAt(pathname: string): NavigationPage | undefined {
  return pages.find((page) => page.to === pathname);
}
