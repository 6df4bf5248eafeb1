import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Placement, ScriptEngine } from '../support/script-engine.ts';
import { readScript, rewriteScript } from '../support/script-file.ts';

/** Runs every script from the head, from segments and from both; `UPDATE=1` writes what the head answers into the scripts. */

const FOLDER = import.meta.dirname;
const PLACEMENTS: readonly Placement[] = ['head', 'segments', 'half'];
const UPDATES = process.env['UPDATE'] === '1';

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.test'))) {
  const path = join(FOLDER, name);
  const file = readScript(path);
  const answers = new Map<number, readonly string[]>();
  describe.each(PLACEMENTS)(`${name} from %s`, (placement) => {
    let engine: ScriptEngine;
    beforeAll(async () => {
      engine = await ScriptEngine.open(file, placement);
    });
    afterAll(async () => {
      await engine?.close();
    });
    for (const [index, { evals }] of file.sections.entries()) {
      for (const one of evals) {
        test(`line ${one.lineNumber}: ${one.kind} ${one.query}`, async () => {
          const actual = await engine.run(file, index, one);
          if (UPDATES && placement === 'head') answers.set(one.lineNumber, actual);
          expect(actual).toEqual(answers.get(one.lineNumber) ?? one.expected);
        });
      }
    }
  });
  if (UPDATES) {
    afterAll(() => {
      const text = rewriteScript(file, answers);
      if (text !== file.lines.join('\n')) writeFileSync(path, text);
    });
  }
}
