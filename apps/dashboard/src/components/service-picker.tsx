import { type Catalog, customService, type Service } from '@sallyport/catalog'
import { useState } from 'react'
import { Input } from './input.tsx'
import { hasLastingKeys } from './usual-credentials.ts'

interface ServicePickerProps {
  readonly catalog: Catalog
  readonly onPick: (service: Service) => void
}

/** Which API a key is for: what the catalog knows, and any other. */
export function ServicePicker({ catalog, onPick }: ServicePickerProps) {
  const [search, setSearch] = useState('')
  const wanted = search.trim().toLowerCase()
  const known = catalog.services
    .filter(
      ({ id, name }) =>
        id !== customService.id && (name.toLowerCase().includes(wanted) || id.includes(wanted)),
    )
    .toSorted((one, other) => Number(hasLastingKeys(other)) - Number(hasLastingKeys(one)))
  return (
    <div className="grid gap-3">
      <Input
        type="search"
        aria-label="Search for a service"
        placeholder="Search for a service"
        value={search}
        onChange={({ target }) => setSearch(target.value)}
      />
      <ul className="grid gap-2 sm:grid-cols-2">
        {known.map((service) => (
          <li key={service.id}>
            <ServiceButton
              name={service.name}
              about={service.origins.map((origin) => new URL(origin).host).join(', ')}
              onPick={() => onPick(service)}
            />
          </li>
        ))}
        <li>
          <ServiceButton
            name="Any other API"
            about="You give its address"
            onPick={() => onPick(customService)}
          />
        </li>
      </ul>
    </div>
  )
}

interface ServiceButtonProps {
  readonly name: string
  readonly about: string
  readonly onPick: () => void
}

function ServiceButton({ name, about, onPick }: ServiceButtonProps) {
  return (
    <button
      type="button"
      onClick={onPick}
      className="flex w-full items-center gap-3 rounded-md border border-line bg-surface px-3 py-2.5 text-left hover:border-line-strong hover:bg-sunken"
    >
      <span
        aria-hidden="true"
        className="grid size-8 shrink-0 place-items-center rounded-md bg-accent-soft font-semibold text-accent"
      >
        {name.slice(0, 1)}
      </span>
      <span className="min-w-0">
        <span className="block font-medium">{name}</span>
        <span className="block truncate text-[0.87rem] text-ink-soft">{about}</span>
      </span>
    </button>
  )
}
