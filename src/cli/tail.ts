import { type Client, type CliWorld, ServerError } from './client.ts';
import { entryKey, pagedEntries } from './entries.ts';
import type { CliOptions } from './options.ts';
import { formatEntry } from './output.ts';

const POLL_EVERY_MS = 1000;
/** Lines may arrive a little later than their time says; each look reaches back this far. */
const LOOK_BACK_NS = 10_000_000_000n;
/** Lines of one look; more than the server would give to a live tail. */
const LOOK_LIMIT = 100_000;
const NS_PER_MS = 1_000_000n;

/**
 * Shows the newest `limit` lines of the last stretch, then new ones as they come, by asking once a second. Ends only by a
 * signal, or when the server refuses the query; a server that is away is asked again.
 */
export async function follow(client: Client, query: string, options: CliOptions, world: CliWorld): Promise<void> {
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
    try {
      for await (const entry of pagedEntries(client, {
        query,
        startNs,
        endNs: nowNs + 1n,
        limit: LOOK_LIMIT,
        forward: true,
      })) {
        const key = entryKey(entry);
        if (!seen.has(key)) world.out(formatEntry(entry, options.output));
        seen.set(key, entry.timeNs);
      }
    } catch (error) {
      if (!(error instanceof ServerError) || /^4\d\d:/.test(error.message)) throw error;
      world.err(`${error.message}\n`);
    }
    for (const [key, timeNs] of seen) if (timeNs < startNs) seen.delete(key);
  }
}
