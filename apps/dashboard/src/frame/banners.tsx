/** What concerns the whole workspace stands above every page. */
export function Banners() {
  return null
}
