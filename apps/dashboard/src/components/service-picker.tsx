import { type Catalog, customService, type Service, serviceCategories } from '@sallyport/catalog'
import { useState } from 'react'
import { waysInShort } from './connect/ways.ts'
import { Input } from './input.tsx'
import { ServiceLogo } from './service-logo.tsx'

interface ServicePickerProps {
  readonly catalog: Catalog
  readonly onPick: (service: Service) => void
}

type Category = (typeof serviceCategories)[number]

const categoryNames: Readonly<Record<Category, string>> = {
  'mail-and-calendar': 'Mail and calendar',
  'files-and-documents': 'Files and documents',
  chat: 'Chat',
  development: 'Development',
  projects: 'Projects',
  business: 'Business',
  ai: 'AI models',
  infrastructure: 'Infrastructure',
  other: 'Other',
}

/** What is to be connected: what the catalog knows, by category, and any other API. */
export function ServicePicker({ catalog, onPick }: ServicePickerProps) {
  const [search, setSearch] = useState('')
  const found = searchServices(catalog, search)
  return (
    <div className="grid gap-5">
      <Input
        type="search"
        aria-label="Search for a service"
        placeholder="Search for a service"
        className="max-w-xl"
        value={search}
        onChange={({ target }) => setSearch(target.value)}
      />
      <p className="sr-only" role="status">
        {search.trim() !== '' && `${found.length} of the catalog’s services fit.`}
      </p>
      {found.length === 0 && (
        <p className="text-ink-soft [overflow-wrap:anywhere]">
          The catalog has no “{search.trim()}”. Any API can be connected by its address.
        </p>
      )}
      <ul className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
        <li>
          <ServiceButton
            id={customService.id}
            name="Any other API"
            about="You give its address"
            onPick={() => onPick(customService)}
          />
        </li>
      </ul>
      {serviceCategories.map((category) => (
        <CategoryList
          key={category}
          name={categoryNames[category]}
          services={found.filter((service) => service.category === category)}
          onPick={onPick}
        />
      ))}
    </div>
  )
}

/** Those whose name, id, category or provider holds every word; by name. */
function searchServices(catalog: Catalog, search: string): readonly Service[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return catalog.services
    .filter(({ id }) => id !== customService.id)
    .filter(({ id, name, category, provider }) => {
      const vendor = catalog.findProvider(provider)?.name ?? ''
      const text = `${name} ${id} ${vendor} ${categoryNames[category]}`.toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .toSorted((one, other) => one.name.localeCompare(other.name))
}

interface CategoryListProps {
  readonly name: string
  readonly services: readonly Service[]
  readonly onPick: (service: Service) => void
}

function CategoryList({ name, services, onPick }: CategoryListProps) {
  if (services.length === 0) return null
  return (
    <section className="grid gap-2">
      <h3 className="text-[0.93rem] font-medium text-ink-soft">{name}</h3>
      <ul className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
        {services.map((service) => (
          <li key={service.id}>
            <ServiceButton
              id={service.id}
              name={service.name}
              about={waysInShort(service)}
              onPick={() => onPick(service)}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}

interface ServiceButtonProps {
  readonly id: string
  readonly name: string
  readonly about: string
  readonly onPick: () => void
}

function ServiceButton({ id, name, about, onPick }: ServiceButtonProps) {
  return (
    <button
      type="button"
      onClick={onPick}
      className="flex w-full items-center gap-3 rounded-md border border-line bg-surface px-3 py-2.5 text-left hover:border-line-strong hover:bg-sunken"
    >
      <ServiceLogo service={id} />
      <span className="min-w-0">
        <span className="block truncate font-medium">{name}</span>
        <span className="block truncate text-[0.87rem] text-ink-soft">{about}</span>
      </span>
    </button>
  )
}
