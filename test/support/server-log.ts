import type { RunningHalogi } from './halogi-process.ts';

/** Entries logged so far that hold a text. */
export function logEntries({ log }: Pick<RunningHalogi, 'log'>, text: string): Record<string, unknown>[] {
  const lines = log().split('\n').slice(0, -1);
  return lines.filter((line) => line.includes(text)).map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** First entry that holds a text; waits for it, since the log comes through a pipe and may be behind the answers of HTTP. */
export async function logEntry(running: Pick<RunningHalogi, 'log'>, text: string): Promise<Record<string, unknown>> {
  const startMs = performance.now();
  for (;;) {
    const [entry] = logEntries(running, text);
    if (entry !== undefined) return entry;
    if (performance.now() - startMs > 5000) throw new Error(`no ${text} in the log:\n${running.log()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
