/** Copies text and says so for a moment. */
import { useClipboard } from '@mantine/hooks';
import { Check, Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

export function CopyButton({
  text,
  label = 'Copy',
  isIconOnly = false,
}: {
  text: string;
  label?: string;
  isIconOnly?: boolean;
}): ReactNode {
  const clipboard = useClipboard({ timeout: 1500 });
  const word = clipboard.copied ? 'Copied' : clipboard.error === null ? label : 'Not allowed by the browser';
  return (
    <Button
      variant="ghost"
      isSmall
      icon={clipboard.copied ? Check : Copy}
      onClick={() => clipboard.copy(text)}
      {...(isIconOnly ? { 'aria-label': word, title: word } : {})}
    >
      {isIconOnly ? null : word}
    </Button>
  );
}
