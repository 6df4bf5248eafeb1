import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ScriptClient } from '../support/script-client.ts';
import { readScript } from '../support/script-file.ts';

/** The scripts against a server: a real Loki, or Halogi itself. Skipped unless `HALOGI_COMPAT_URL` names one. */

const FOLDER = import.meta.dirname;
const URL = process.env['HALOGI_COMPAT_URL'];
/** No two runs share a tenant, so none sees rows of another. */
const RUN = Date.now().toString(36);

describe.skipIf(URL === undefined)(`scripts at ${URL}`, () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.test'))) {
    const file = readScript(join(FOLDER, name));
    for (const [index, section] of file.sections.entries()) {
      if (section.switches.size > 0) continue;
      describe(`${name}, data set ${index + 1}`, () => {
        const client = new ScriptClient(URL ?? '', `${RUN}-${name.replace('.test', '')}-${index}`);
        beforeAll(() => client.load(section.streams));
        for (const one of section.evals) {
          test(`line ${one.lineNumber}: ${one.kind} ${one.query}`, async () => {
            expect(await client.run(one)).toEqual(one.expected);
          });
        }
      });
    }
  }
});
