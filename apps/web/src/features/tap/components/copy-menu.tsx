/** Copies a message: its payload, or a command that publishes it again. Says what was copied. */
import { Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Check, Copy } from 'lucide-react';
import { Button } from '../../../components/button.tsx';
import type { ReadableMessage } from '../../../components/payload-view/readable-message.ts';
import { asCurlCommand, asNatsCommand } from '../model/copy-as.ts';
import { copyableOf, payloadText } from '../model/message-text.ts';

export function CopyMenu({ message }: { message: ReadableMessage }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const word = clipboard.error === null ? (clipboard.copied ? 'Copied' : 'Copy message') : 'Not allowed by the browser';
  return (
    <Menu position="bottom-end" shadow="none" withinPortal>
      <Menu.Target>
        <Button variant="ghost" isSmall icon={clipboard.copied ? Check : Copy} aria-label={word} title={word} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => clipboard.copy(payloadText(message))}>Copy payload</Menu.Item>
        <Menu.Item onClick={() => clipboard.copy(asNatsCommand(copyableOf(message)))}>Copy as nats command</Menu.Item>
        <Menu.Item onClick={() => clipboard.copy(asCurlCommand(copyableOf(message), window.location.origin))}>
          Copy as curl
        </Menu.Item>
        <Menu.Item onClick={() => download(message)}>Download payload</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Always as bytes with a neutral type: the browser must never run a payload. */
function download(message: ReadableMessage): void {
  saveFile(
    new Blob([message.payload.slice()], { type: 'application/octet-stream' }),
    `${message.subject.replace(/[^\w.-]+/g, '_').slice(0, 80)}.bin`,
  );
}

/** Offers `blob` as a file. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
