import { type Client, type CliWorld, ServerError } from './client.ts';
import { type Entry, entryKey, pagedEntries } from './entries.ts';
import type { CliOptions } from './options.ts';
import { formatEntry } from './output.ts';

const POLL_EVERY_MS = 1000;
/** Lines may arrive a little later than their time says; each look reaches back this far. */
const LOOK_BACK_NS = 10_000_000_000n;
/** Lines of one look, or of the time without a connection; more than anybody reads. */
const LOOK_LIMIT = 100_000;
const NS_PER_MS = 1_000_000n;

interface TailFrame {
  readonly streams?: readonly {
    readonly stream: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [string, string])[];
  }[];
  /** An entry stands for itself, or for `count` of its stream. */
  readonly dropped_entries?: readonly { readonly count?: number }[];
}

/**
 * Shows the newest `limit` lines of the last stretch, then new ones as the server sends them. Ends only by a signal, or when
 * the server refuses the query; a server that is away is asked again. Of a server without the stream of Halogi new lines
 * are asked for once a second.
 */
export async function follow(client: Client, query: string, options: CliOptions, world: CliWorld): Promise<void> {
  const seen = new Map<string, bigint>();
  let startNs = options.startNs;
  /** Time of the first line shown; older ones were left out on purpose. */
  let firstNs: bigint | undefined;
  let limit = options.limit;
  for (;;) {
    try {
      const events = await client.events('/halogi/api/v1/tail', [
        ['query', query],
        ['start', String(startNs)],
        ['limit', String(limit)],
      ]);
      if (events === undefined) return await poll(client, query, options, world);
      for await (const frame of events) {
        for (const entry of entriesOf(frame as TailFrame, world)) {
          const key = entryKey(entry);
          if (!seen.has(key)) world.out(formatEntry(entry, options.output));
          seen.set(key, entry.timeNs);
          firstNs ??= entry.timeNs;
          if (entry.timeNs > startNs) startNs = entry.timeNs;
        }
        for (const [key, timeNs] of seen) if (timeNs < startNs - LOOK_BACK_NS) seen.delete(key);
      }
    } catch (error) {
      complain(error, world);
    }
    // What has come meanwhile is asked for in full.
    if (firstNs !== undefined) {
      startNs = startNs - LOOK_BACK_NS > firstNs ? startNs - LOOK_BACK_NS : firstNs;
      limit = LOOK_LIMIT;
    }
    await world.sleep(POLL_EVERY_MS);
  }
}

function* entriesOf(frame: TailFrame, world: CliWorld): Generator<Entry> {
  for (const { stream, values } of frame.streams ?? []) {
    for (const [time, line] of values) yield { timeNs: BigInt(time), labels: stream, line };
  }
  let dropped = 0;
  for (const { count = 1 } of frame.dropped_entries ?? []) dropped += count;
  if (dropped > 0) world.err(`too many: ${dropped} lines left out\n`);
}

/** @throws the error itself when asking again cannot help */
function complain(error: unknown, world: CliWorld): void {
  if (!(error instanceof ServerError) || /^4\d\d:/.test(error.message)) throw error;
  world.err(`${error.message}\n`);
}

async function poll(client: Client, query: string, options: CliOptions, world: CliWorld): Promise<void> {
  const history: { readonly text: string; readonly key: string; readonly timeNs: bigint }[] = [];
  const past = { query, startNs: options.startNs, endNs: options.endNs, limit: options.limit, forward: false };
  for await (const entry of pagedEntries(client, past)) {
    history.push({ text: formatEntry(entry, options.output), key: entryKey(entry), timeNs: entry.timeNs });
  }
  const seen = new Map<string, bigint>();
  for (const { text, key, timeNs } of history.reverse()) {
    world.out(text);
    seen.set(key, timeNs);
  }
  for (;;) {
    await world.sleep(POLL_EVERY_MS);
    const nowNs = BigInt(world.nowMs()) * NS_PER_MS;
    // Never further back than the history, whose older lines were left out on purpose.
    const startNs = nowNs - LOOK_BACK_NS > options.endNs ? nowNs - LOOK_BACK_NS : options.endNs;
    const span = { query, startNs, endNs: nowNs + 1n, limit: LOOK_LIMIT, forward: true };
    try {
      for await (const entry of pagedEntries(client, span)) {
        const key = entryKey(entry);
        if (!seen.has(key)) world.out(formatEntry(entry, options.output));
        seen.set(key, entry.timeNs);
      }
    } catch (error) {
      complain(error, world);
    }
    for (const [key, timeNs] of seen) if (timeNs < startNs) seen.delete(key);
  }
}
