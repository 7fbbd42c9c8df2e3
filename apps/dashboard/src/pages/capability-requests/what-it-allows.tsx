import type { AllowEntry } from '@sallyport/contracts'
import { Badge } from '../../components/badge.tsx'
import { PolicySummary } from '../../components/policy-summary.tsx'
import type { Detail } from './detail.ts'

type Action = NonNullable<Detail['action']>

/** What an action allows: in plain words, and to the letter beneath. */
export function WhatItAllows({ action }: { action: Action }) {
  const { allow, approval, scopes } = action
  return (
    <div className="grid gap-4">
      <PolicySummary policy={{ allow, approval, limits: {}, windows: [] }} />
      <details>
        <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
          To the letter
        </summary>
        <div className="mt-3 grid gap-3">
          <EntryList entries={allow} />
          {scopes.length > 0 && (
            <div className="text-[0.93rem]">
              <div className="text-ink-soft">Scopes that the account has to have given</div>
              <ul className="font-mono text-[0.87rem] [overflow-wrap:anywhere]">
                {scopes.map((scope) => (
                  <li key={scope}>{scope}</li>
                ))}
              </ul>
            </div>
          )}
        </div>
      </details>
    </div>
  )
}

function EntryList({ entries }: { entries: readonly AllowEntry[] }) {
  return (
    <ul className="grid gap-3">
      {entries.map(({ origin, methods, paths }, index) => (
        <li key={index} className="grid gap-1 rounded-md bg-sunken px-3 py-2">
          <div className="flex flex-wrap items-center gap-2">
            <span className="font-mono text-[0.93rem] font-medium [overflow-wrap:anywhere]">
              {origin}
            </span>
            {methods.map((method) => (
              <Badge key={method}>{method}</Badge>
            ))}
          </div>
          <ul className="font-mono text-[0.87rem] [overflow-wrap:anywhere]">
            {paths.map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}
