// Before anything is painted: the person's colours, density and language. A file of its own, since the policy allows nothing inline.
{
  const kept = (name) => {
    try {
      return localStorage.getItem(`archipel.${name}`)
    } catch {
      return null
    }
  }
  const html = document.documentElement
  const scheme = kept("scheme") ?? "auto"
  const isDark = scheme === "dark" || (scheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches)
  html.dataset.mantineColorScheme = isDark ? "dark" : "light"
  html.dataset.density = kept("density") === "comfortable" ? "comfortable" : "compact"
  html.lang = kept("language") ?? (navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en")
}
