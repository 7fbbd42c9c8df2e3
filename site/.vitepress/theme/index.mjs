// VitePress's own theme without its web fonts, so that text is there at once, in the colours of the dashboard.
import Theme from 'vitepress/theme-without-fonts'
import './style.css'

// biome-ignore lint/style/noDefaultExport: VitePress reads it there
export default Theme
