/** Names of files that run when they are opened, as an expression. */
export const executables =
  '(?i)\\.(exe|bat|cmd|com|scr|pif|js|jse|vbs|vbe|wsf|hta|ps1|jar|msi|msix|iso|img|lnk|reg|dll|apk|dmg|pkg|sh)\\s*$'
