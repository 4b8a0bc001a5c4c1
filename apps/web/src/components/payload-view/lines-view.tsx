/** Lines of a document, only those on screen in the page. The lines stand in a layer that sticks to the viewport, so nothing flashes while the worker answers. */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { DisplayLine, LineToken, TokenKind } from './display-line.ts';
import { lineWindow } from './line-window.ts';

export interface LinesViewProps {
  /** Name for screen readers: "Payload as JSON". */
  label: string;
  lineCount: number;
  /** Must keep its identity as long as the document is the same. */
  load: (start: number, count: number) => Promise<DisplayLine[]>;
  /** `hex` has wide labels, `diff` has signs for labels. */
  look: 'code' | 'hex' | 'diff';
}

const TOKEN_CLASS: Record<TokenKind, string | undefined> = {
  key: 'k',
  string: 's',
  number: 'n',
  literal: 'v',
  punctuation: 'p',
  dim: 'c',
  more: 'c',
  plain: undefined,
};

interface LoadedLines {
  load: LinesViewProps['load'];
  start: number;
  lines: DisplayLine[];
}

/** Lines above and below the window that are asked for with it. */
const OVERSCAN = 30;

export function LinesView({ label, lineCount, load, look }: LinesViewProps) {
  const box = useRef<HTMLElement>(null);
  const [scroll, setScroll] = useState({ topPx: 0, heightPx: 400 });
  const [loaded, setLoaded] = useState<LoadedLines | null>(null);
  const window = lineWindow(lineCount, scroll.topPx, scroll.heightPx);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setScroll({ topPx: element.scrollTop, heightPx: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const isLoaded = loaded !== null && loaded.load === load && covers(loaded, window.start, window.count, lineCount);
  useEffect(() => {
    if (isLoaded || lineCount === 0) return;
    let isGone = false;
    const start = Math.max(0, window.start - OVERSCAN);
    load(start, window.count + 2 * OVERSCAN).then(
      (lines) => {
        if (!isGone) setLoaded({ load, start, lines });
      },
      (error: unknown) => {
        const text = error instanceof Error ? error.message : 'the lines could not be read';
        if (!isGone) setLoaded({ load, start, lines: [{ label: '', tokens: [{ kind: 'more', text }] }] });
      },
    );
    return () => {
      isGone = true;
    };
  }, [isLoaded, load, lineCount, window.start, window.count]);

  const end = Math.min(lineCount, window.start + window.count);
  const visible = loaded === null || loaded.load !== load ? [] : linesOnScreen(loaded, window.start, end);
  return (
    <section
      ref={box}
      className="scroll lines"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      onScroll={(event) => setScroll({ topPx: event.currentTarget.scrollTop, heightPx: event.currentTarget.clientHeight })}
    >
      <div className="lines-space" style={{ height: window.scrollHeightPx }}>
        <div className={`lines-layer code lines-${look}`} style={{ transform: `translateY(${window.offsetPx}px)` }}>
          {visible.map((item) => (
            <Line key={item.index} line={item.line} />
          ))}
        </div>
      </div>
    </section>
  );
}

const NO_LINE: DisplayLine = { label: '', tokens: [] };

/** The lines from `start` to `end`; what the worker has not sent yet is blank. */
function linesOnScreen(loaded: LoadedLines, start: number, end: number): { index: number; line: DisplayLine }[] {
  const items: { index: number; line: DisplayLine }[] = [];
  for (let index = start; index < end; index++) items.push({ index, line: loaded.lines[index - loaded.start] ?? NO_LINE });
  return items;
}

function covers(loaded: LoadedLines, start: number, count: number, lineCount: number): boolean {
  const end = Math.min(lineCount, start + count);
  return start >= loaded.start && end <= loaded.start + loaded.lines.length;
}

function Line({ line }: { line: DisplayLine }) {
  const change = line.change === undefined ? '' : ` ${line.change}`;
  return (
    <div className={`cl${change}`}>
      <b>{line.label}</b>
      <span>
        {line.tokens.map((token, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: tokens of a line have no identity but their place.
          <Token key={index} token={token} />
        ))}
      </span>
    </div>
  );
}

function Token({ token }: { token: LineToken }) {
  const className = TOKEN_CLASS[token.kind];
  return className === undefined ? token.text : <span className={className}>{token.text}</span>;
}
