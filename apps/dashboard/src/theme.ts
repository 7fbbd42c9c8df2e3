/** Light, dark, or as the system has it. */
export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const key = 'sallyport-theme'

export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(key)
    return themes.find((theme) => theme === stored) ?? 'system'
  } catch {
    return 'system' // Storage may be forbidden by the browser's settings.
  }
}

/** Shows the theme. The class is read by styles.css. */
export function applyTheme(theme: Theme): void {
  const { classList } = document.documentElement
  classList.toggle('light', theme === 'light')
  classList.toggle('dark', theme === 'dark')
}

/** Shows the theme and keeps the choice in this browser. */
export function chooseTheme(theme: Theme): void {
  applyTheme(theme)
  try {
    localStorage.setItem(key, theme)
  } catch {
    // Storage may be forbidden by the browser's settings: the choice then ends with the page.
  }
}
