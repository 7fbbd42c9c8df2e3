#!/usr/bin/env node
// Stands apart from the bundle, so that package managers can link it before anything is built.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { keepCompiled } from './keep-compiled.js'

const bundle = new URL('../dist/sallyport.js', import.meta.url)
if (existsSync(bundle)) {
  keepCompiled(fileURLToPath(new URL('.', bundle)))
  await import(bundle.href)
} else {
  process.stderr.write('sallyport is not built yet: run `npm start` once in the repository.\n')
  process.exitCode = 1
}
