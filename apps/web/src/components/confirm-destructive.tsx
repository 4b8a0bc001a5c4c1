/**
 * The one way to do what cannot be undone: says how many and what follows, takes a typed name (or the count, for many), then says
 * what was done. The button stays off until the name fits.
 */
import type { LucideIcon } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { messageOf } from '../lib/api-client.ts';
import { Button } from './button.tsx';
import { TextInput } from './field.tsx';

export interface ConfirmDestructiveProps {
  /** A question: `Kick billing-worker-3?` */
  readonly question: string;
  /** What it hits and what follows, with counts. */
  readonly consequence: ReactNode;
  /** What must be typed: a name, or the number of things. */
  readonly typed: string;
  /** `Type its name`, `Type the number`. */
  readonly typedLabel?: string;
  /** Asks for a reason that is kept in the audit log. */
  readonly hasReason?: boolean;
  /** On the button: `Kick client`. */
  readonly action: string;
  readonly icon?: LucideIcon;
  /** Does it; what it rejects with is shown. */
  readonly onConfirm: (reason: string) => Promise<unknown>;
  readonly onCancel: () => void;
}

export function ConfirmDestructive(props: ConfirmDestructiveProps): ReactNode {
  const { question, consequence, typed, typedLabel = 'Type its name', hasReason = false, action, icon } = props;
  const [text, setText] = useState('');
  const [reason, setReason] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const id = useId();
  const isArmed = text === typed;

  const confirm = async (): Promise<void> => {
    setIsBusy(true);
    setFailure(null);
    try {
      await props.onConfirm(reason);
    } catch (error) {
      setFailure(messageOf(error));
      setIsBusy(false);
    }
  };

  return (
    <form
      className="confirm"
      aria-labelledby={id}
      onSubmit={(event) => {
        event.preventDefault();
        if (isArmed && !isBusy) void confirm();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        props.onCancel();
      }}
    >
      <p className="b" id={id}>
        {question}
      </p>
      <p className="f2 sm">{consequence}</p>
      <ConfirmFields
        id={id}
        typed={typed}
        typedLabel={typedLabel}
        hasReason={hasReason}
        text={text}
        reason={reason}
        onText={setText}
        onReason={setReason}
      />
      {failure === null ? null : (
        <p className="bad sm" role="alert">
          {failure}
        </p>
      )}
      <div className="row">
        <Button onClick={props.onCancel}>Cancel</Button>
        <Button
          type="submit"
          variant={isArmed ? 'danger-solid' : 'danger'}
          className="push"
          disabled={!isArmed || isBusy}
          {...(icon === undefined ? {} : { icon })}
        >
          {action}
        </Button>
      </div>
    </form>
  );
}

interface ConfirmFieldsProps {
  readonly id: string;
  readonly typed: string;
  readonly typedLabel: string;
  readonly hasReason: boolean;
  readonly text: string;
  readonly reason: string;
  readonly onText: (text: string) => void;
  readonly onReason: (reason: string) => void;
}

/** The reason, where one is asked for, and what must be typed; the first of them has the focus. */
function ConfirmFields({ id, typed, typedLabel, hasReason, text, reason, onText, onReason }: ConfirmFieldsProps): ReactNode {
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <>
      {hasReason ? (
        <div className="lab">
          <label htmlFor={`${id}-reason`}>Reason</label>
          <TextInput
            ref={first}
            id={`${id}-reason`}
            value={reason}
            maxLength={200}
            onChange={(event) => onReason(event.currentTarget.value)}
            end={<span className="xs f3 nw h-md">for the audit log</span>}
          />
        </div>
      ) : null}
      <div className="lab">
        <label htmlFor={`${id}-typed`}>{typedLabel}</label>
        <TextInput
          isMono
          id={`${id}-typed`}
          value={text}
          placeholder={typed}
          onChange={(event) => onText(event.currentTarget.value)}
          {...(hasReason ? {} : { ref: first })}
        />
      </div>
    </>
  );
}
