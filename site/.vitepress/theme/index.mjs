// VitePress's own theme without its web fonts, so that text is there at once, in the colours of the dashboard.
import { useRoute } from 'vitepress'
import Theme from 'vitepress/theme-without-fonts'
import { nextTick, onMounted, watch } from 'vue'
import './style.css'

/** The bar beside is longer than a screen: the page that is open is to be seen in it. */
function showWhereOneIs() {
  document.querySelector('.VPSidebar .is-link.is-active')?.scrollIntoView({ block: 'nearest' })
}

// biome-ignore lint/style/noDefaultExport: VitePress reads it there
export default {
  extends: Theme,
  setup() {
    const route = useRoute()
    // Only once it is mounted does the bar know which page is open.
    onMounted(() => void nextTick(showWhereOneIs))
    watch(
      () => route.path,
      () => void nextTick(showWhereOneIs),
    )
  },
}
