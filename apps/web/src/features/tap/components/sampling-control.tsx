/** How a tap thins out what it matched: common choices as segments, any other behind the last. */
import { Popover } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Seg } from '../../../components/seg.tsx';
import { formatCount } from '../../../lib/format.ts';
import { parseSampling, samplingText, type TapSampling } from '../model/tap-search.ts';

const CHOICES: readonly { value: string; label: string; isWideOnly?: boolean }[] = [
  { value: 'all', label: 'All' },
  { value: 'every:10', label: '1 : 10', isWideOnly: true },
  { value: 'every:100', label: '1 : 100' },
  { value: 'rate:200', label: 'Max 200 /s' },
  { value: 'rate:2000', label: 'Max 2,000 /s' },
];

/** The mode in words: `1 : 37`, `Max 50 /s`. */
export function samplingLabel(sampling: TapSampling): string {
  switch (sampling.mode) {
    case 'all':
      return 'All';
    case 'every':
      return `1 : ${formatCount(sampling.n)}`;
    case 'rate':
      return `Max ${formatCount(sampling.perSecond)} /s`;
  }
}

export function SamplingControl({ value, onChange }: { value: TapSampling; onChange: (sampling: TapSampling) => void }) {
  const current = samplingText(value);
  const isCommon = CHOICES.some((choice) => choice.value === current);
  const options = isCommon ? CHOICES : [...CHOICES, { value: current, label: samplingLabel(value) }];
  return (
    <>
      <span className="sm f3 h-md">Sampling</span>
      <Seg label="Sampling" options={options} value={current} onChange={(text) => onChange(parseSampling(text))} />
      <CustomSampling value={value} onChange={onChange} />
    </>
  );
}

function CustomSampling({ value, onChange }: { value: TapSampling; onChange: (sampling: TapSampling) => void }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-end" shadow="none" trapFocus withinPortal>
      <Popover.Target>
        <Button aria-label="Other sampling" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          …
        </Button>
      </Popover.Target>
      <Popover.Dropdown className="menu" aria-label="Other sampling">
        <CustomForm
          value={value}
          onChange={(sampling) => {
            onChange(sampling);
            setIsOpen(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function CustomForm({ value, onChange }: { value: TapSampling; onChange: (sampling: TapSampling) => void }) {
  const [mode, setMode] = useState<'every' | 'rate'>(value.mode === 'every' ? 'every' : 'rate');
  const [amount, setAmount] = useState(value.mode === 'every' ? value.n : value.mode === 'rate' ? value.perSecond : 100);
  const isValid = Number.isInteger(amount) && amount >= 1 && amount <= 1_000_000;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isValid) onChange(parseSampling(`${mode}:${amount}`));
  };
  return (
    <form className="tap-custom" onSubmit={submit}>
      <Seg
        label="Kind of sampling"
        options={[
          { value: 'every', label: 'Every n-th' },
          { value: 'rate', label: 'Max per second' },
        ]}
        value={mode}
        onChange={setMode}
      />
      <span className="inp">
        <input
          type="number"
          min={1}
          max={1_000_000}
          aria-label={mode === 'every' ? 'Show one of' : 'Messages per second'}
          value={Number.isNaN(amount) ? '' : amount}
          onChange={(event) => setAmount(event.target.valueAsNumber)}
        />
      </span>
      <Button type="submit" offReason={isValid ? undefined : 'A whole number from 1 to 1,000,000'}>
        Apply
      </Button>
    </form>
  );
}
