import { expect, it } from 'vitest';
import { SendTurns } from '../../../src/http/tail/send-turns.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('sends in order, some of it each turn, and what comes meanwhile behind it', async () => {
  const turns = new SendTurns();
  const sent: string[] = [];
  const add = (name: string, bytes: number, then?: () => void): void =>
    turns.add(() => {
      sent.push(name);
      then?.();
      return bytes;
    });
  add('a', 1000, () => add('d', 1000));
  add('b', 1_000_000);
  add('c', 1000);
  expect(sent).toEqual([]);
  await nextTurn();
  expect(sent).toEqual(['a', 'b']);
  await nextTurn();
  expect(sent).toEqual(['a', 'b', 'c', 'd']);
  add('e', 1000);
  await nextTurn();
  expect(sent).toEqual(['a', 'b', 'c', 'd', 'e']);
});
