import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Bar, fetchBars, fetchRows, type Row, timeText } from './loki.tsx';

/** The most lines one run shows: each is an element of the page. */
const MAX_ROWS = 500;
/** The most characters of a line that are drawn; one of many megabytes would hold the page. */
const MAX_LINE_CHARACTERS = 4096;
const BARS = 60;
const RANGES: readonly (readonly [string, number])[] = [
  ['15m', 900],
  ['1h', 3600],
  ['6h', 21_600],
  ['24h', 86_400],
  ['7d', 604_800],
];

interface Found {
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
  readonly error: string;
}

function Histogram({ bars }: { bars: readonly Bar[] }): JSX.Element | null {
  if (bars.length === 0) return null;
  const most = Math.max(...bars.map((bar) => bar.count));
  const total = bars.reduce((sum, bar) => sum + bar.count, 0);
  const first = bars[0]!.timeSeconds;
  const last = Math.max(bars.at(-1)!.timeSeconds, first + 1);
  return (
    <figure>
      <svg viewBox="0 0 610 60" preserveAspectRatio="none" role="img" aria-label={`${total} lines over time`}>
        {bars.map((bar) => {
          const height = (bar.count / most) * 60;
          const x = ((bar.timeSeconds - first) / (last - first)) * 600;
          return <rect key={bar.timeSeconds} x={x} y={60 - height} width={8} height={height} />;
        })}
      </svg>
      <figcaption>{total.toLocaleString()} lines</figcaption>
    </figure>
  );
}

function Line({ row }: { row: Row }): JSX.Element {
  return (
    <li>
      <details>
        <summary>
          <time>{timeText(row.timeNs)}</time> {row.line.slice(0, MAX_LINE_CHARACTERS)}
        </summary>
        <dl>
          {Object.entries(row.labels).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}

async function find(query: string, seconds: number, signal: AbortSignal): Promise<Found> {
  const end = Date.now();
  const range = { start: `${end - seconds * 1000}000000`, end: `${end}000000` };
  const [rows, bars] = await Promise.all([
    fetchRows(query, range, MAX_ROWS, signal),
    fetchBars(query, range, Math.ceil(seconds / BARS), signal),
  ]);
  return { rows, bars, error: '' };
}

/** The search page: a LogQL log query, how many lines over time, and the newest of them. */
export function Search(): JSX.Element {
  const asked = new URLSearchParams(location.search);
  const [query, setQuery] = useState(asked.get('q') ?? '');
  const [seconds, setSeconds] = useState(Number(asked.get('last')) || 3600);
  const [found, setFound] = useState<Found>({ rows: [], bars: [], error: '' });
  const [state, setState] = useState('');
  const running = useRef<AbortController>(undefined);

  async function run(): Promise<void> {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setState('Searching…');
    history.replaceState(null, '', `?${new URLSearchParams({ q: query, last: String(seconds) })}`);
    let next: Found;
    try {
      next = await find(query, seconds, mine.signal);
    } catch (error) {
      next = { rows: [], bars: [], error: String((error as Error).message) };
    }
    if (running.current !== mine) return;
    setFound(next);
    setState(next.error === '' ? `${next.rows.length} newest lines shown` : '');
  }

  useEffect(() => {
    if (query !== '') void run();
  }, []);

  return (
    <main>
      <h1>Halogi</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <input
          aria-label="Query (LogQL)"
          placeholder='{app="shop"} |= "error"'
          spellcheck={false}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
        <select aria-label="Range" value={seconds} onChange={(event) => setSeconds(Number(event.currentTarget.value))}>
          {RANGES.map(([name, value]) => (
            <option key={name} value={value}>
              last {name}
            </option>
          ))}
        </select>
        <button type="submit">Run</button>
      </form>
      {found.error === '' ? null : <p role="alert">{found.error}</p>}
      <p role="status">{state}</p>
      <Histogram bars={found.bars} />
      <ol>
        {found.rows.map((row, index) => (
          <Line key={`${row.timeNs}.${index}`} row={row} />
        ))}
      </ol>
    </main>
  );
}
