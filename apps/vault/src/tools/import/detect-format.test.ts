import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { detectFormat } from './detect-format.ts'

const found = (document: string): string => {
  try {
    return detectFormat(document)
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.detail
    throw thrown
  }
}

describe('what kind of document a text is', () => {
  it.each([
    ['openapi: 3.1.0\npaths: {}', 'openapi'],
    ['# our API\nswagger: "2.0"\n', 'openapi'],
    ['{ "info": {}, "openapi": "3.0.0" }', 'openapi'],
    ['{openapi: 3.0.0, paths: {}}', 'openapi'],
    ['info: {title: x}\npaths: {/a: {}}', 'openapi'],
    ['server: {name: x}\ntools: []', 'higress'],
    ['toolSet: {name: x}', 'higress'],
    ['apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nspec: {}', 'higress'],
    ['sources: {}\ntools: {a: {kind: http}}', 'genai-toolbox'],
    ['kind: source\nname: a\n---\nkind: tool\nname: b\n', 'genai-toolbox'],
    ['curl https://a.example', 'curl'],
    ['  $ TOKEN=x curl https://a.example', 'curl'],
    ['# one\n# two\ncurl.exe https://a.example', 'curl'],
    ['```bash\n$ curl https://a.example\n```', 'curl'],
    ['RAW=$(curl -s https://a.example)\necho "a: b: c"', 'curl'],
    ['mkdir x\ncurl -H "A: b" https://a.example -H "C: d"', 'curl'],
  ])('%j is read as it is meant', (document, format) => {
    expect(found(document)).toBe(format)
  })

  it.each([
    ['asyncapi: 3.0.0', /AsyncAPI/],
    ['mcpServers: {}', /MCP client/],
    ['{"info": {}, "item": []}', /Postman/],
    ['{"log": {"entries": []}}', /HAR/],
    ['{"kind": "discovery#restDescription"}', /Google discovery/],
    ['swaggerVersion: "1.2"', /Swagger 1/],
    ['{"data": {"__schema": {}}}', /GraphQL/],
    ['apiVersion: v1\nkind: ConfigMap', /Kubernetes/],
    ['just text', /no kind/],
    ['[]', /no kind/],
    ['a: b: c', /^Line 1/],
    [
      'server: {name: x}\ntools:\n- description: |\n    curl https://a.example\n  url: a: b',
      /^Line 5/,
    ],
    ['description: use curl https://a.example\na: 1', /no kind/],
    ['', /no kind/],
  ])('%j is refused and says what it seems to be', (document, sentence) => {
    expect(found(document)).toMatch(sentence)
  })
})
