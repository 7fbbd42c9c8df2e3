import type { Provider } from '@sallyport/catalog'
import { Fragment } from 'react'
import { scopeWords } from './scope-words.ts'

interface ScopeListProps {
  readonly scopes: readonly string[]
  /** Whose words are taken; without one the scopes stand as they are. */
  readonly provider: Provider | undefined
}

/** What scopes let somebody do, after "may": "read all mail", with the scope's own name for who knows it. */
export function ScopeList({ scopes, provider }: ScopeListProps) {
  return (
    <ul className="grid gap-1 pl-4.5 [list-style:disc]">
      {scopes.map((scope) => {
        const words = scopeWords(scope, provider)
        return (
          <li key={scope} title={scope} className="[overflow-wrap:anywhere]">
            {words ?? <code className="text-[0.87rem]">{scope}</code>}
          </li>
        )
      })}
    </ul>
  )
}

/** The same in running text: "read all mail, write drafts". */
export function ScopeSentence({ scopes, provider }: ScopeListProps) {
  return scopes.map((scope, index) => {
    const words = scopeWords(scope, provider)
    return (
      <Fragment key={scope}>
        {index > 0 && ', '}
        {words === undefined ? <code className="text-[0.93em]">{scope}</code> : words}
      </Fragment>
    )
  })
}
