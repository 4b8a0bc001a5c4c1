/** Buttons: one primary per page, danger outlined until armed, a reason whenever one is off. */
import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Icon } from './icon.tsx';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly variant?: 'default' | 'primary' | 'danger' | 'danger-solid' | 'ghost';
  readonly isSmall?: boolean;
  readonly icon?: LucideIcon;
  /** Why the button cannot be used now; it stays focusable so that the reason can be read. */
  readonly offReason?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
}

const variantClasses = {
  default: '',
  primary: 'pri',
  danger: 'danger',
  'danger-solid': 'danger solid',
  ghost: 'ghost',
} as const;

export function Button({
  variant = 'default',
  isSmall = false,
  icon,
  offReason,
  className = '',
  children,
  onClick,
  ...rest
}: ButtonProps): ReactNode {
  const isIconOnly = children === undefined || children === null;
  const isOff = offReason !== undefined;
  const classes = ['btn', variantClasses[variant], isSmall ? 'sm' : '', isIconOnly ? 'icon' : '', isOff ? 'off' : '', className];
  return (
    <button
      type="button"
      {...rest}
      className={classes.filter(Boolean).join(' ')}
      {...(isOff ? { 'aria-disabled': true, title: offReason } : {})}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon === undefined ? null : <Icon of={icon} isSmall={!isIconOnly || isSmall} />}
      {children}
    </button>
  );
}
