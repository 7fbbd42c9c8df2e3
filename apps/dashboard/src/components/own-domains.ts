/** Providers of mail at whose domains nobody is a colleague. */
const publicMail =
  /^(gmail|googlemail|outlook|hotmail|live|yahoo|icloud|me|proton|protonmail|gmx|web|aol|mail|fastmail|yandex|qq|163)\./

/** The domain of a person's address, where it is one that an organisation has of its own. */
export function ownDomainsOf(email: string): string[] {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase()
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain) && !publicMail.test(domain) ? [domain] : []
}
