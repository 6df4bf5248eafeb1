// Builds the page into src/ui/dist. Without Vite (an install of the packages that run the server) it leaves all as it is.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const root = import.meta.dirname;
const out = join(root, 'dist');

let vite;
try {
  vite = await import('vite');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
}
if (vite !== undefined) {
  await vite.build({
    root,
    base: './',
    configFile: false,
    logLevel: 'warn',
    build: { outDir: out, emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  });
  const compiled = join(root, '..', '..', 'dist', 'src');
  if (process.argv.includes('--copy') && existsSync(compiled)) {
    cpSync(out, join(compiled, 'ui', 'dist'), { recursive: true });
  }
}
