// Compiles the kernels: `npm run build:kernels`, and on `npm install`. Takes a few seconds, needs no network.
import { copyFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const DIST = `${root}dist/src/kernels`;
const OPTIONS = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd,bulk-memory,threads'];

/** Kernels, each with what it says of its memory, in pages of 64 KiB. */
const KERNELS = [
  // Its memory is made by TypeScript, within these bounds.
  {
    name: 'ingest',
    memory: ['--importMemory', '--sharedMemory', '--initialMemory', '1024', '--maximumMemory', '65536'],
  },
  { name: 'segment', memory: ['--initialMemory', '384'] },
  { name: 'block', memory: ['--initialMemory', '384'] },
  { name: 'answer', memory: ['--initialMemory', '10'] },
  { name: 'entries', memory: ['--initialMemory', '5'] },
];

async function build({ name, memory }, compiler) {
  const output = `src/kernels/${name}.wasm`;
  const args = [`kernels/${name}.ts`, '--baseDir', root, '--outFile', output, ...OPTIONS, ...memory];
  const { error, stderr } = await compiler.main(args);
  if (error !== null) throw new Error(`kernels/${name}.ts: ${stderr.toString()}`);
  if (existsSync(DIST)) copyFileSync(`${root}${output}`, `${DIST}/${name}.wasm`);
}

const compiler = await import('assemblyscript/asc').catch(() => undefined);
if (compiler === undefined) {
  process.stdout.write('assemblyscript is not installed: the TypeScript twins will do the work of the kernels\n');
} else {
  for (const kernel of KERNELS) if (existsSync(`${root}kernels/${kernel.name}.ts`)) await build(kernel, compiler);
}
