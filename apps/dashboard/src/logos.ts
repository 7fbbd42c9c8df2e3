/**
 * The logos of services, by slug: the path of a single shape on a field of 24 by 24, from simple-icons (CC0). The build puts
 * those of the catalog here (build.mjs); without one a service is shown by its first letter.
 */
export const logos: Readonly<Record<string, string>> = {}
