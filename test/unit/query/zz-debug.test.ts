import { it } from 'vitest';
import { datasetRows } from '../../support/dataset-rows.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { answer, readCases } from '../../support/query-replay.ts';
const { compare } = (await import(new URL('../../conformance/lib.mjs', import.meta.url).href)) as any;
it('x', async () => {
  const store = new MemoryStore(await datasetRows(), 500);
  for (const cat of ['errors','range-aggregations','vector-aggregations','binary-ops','offset-and-instant','log-query-options','unwrap','labels-and-series','structured-metadata','stream-selectors','line-filters','label-filters','parsers-json','parsers-logfmt','formatting','keep-drop'])
    for (const one of readCases(cat)) {
      const got = await answer(one, store);
      if (!got) { console.log('NOROUTE', cat, one.name, one.request.path); continue; }
      const v = compare(one, got);
      if (v.soft === false) console.log('SOFT', cat, one.name, v.softReason);
      const rt = (one.expect.body as any)?.data?.resultType;
      if (rt && rt !== 'scalar') {
        const key = (l: any) => JSON.stringify(Object.entries(l.stream ?? l.metric).sort());
        const a = (one.expect.body as any).data.result.map(key).join(), b = (got.body as any).data.result.map(key).join();
        if (a !== b && !v.reason) console.log('ORDER', cat, one.name, rt, (one.request.params as any).query);
      }
    }
});
