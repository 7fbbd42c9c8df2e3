/** Names of files that run when they are opened, as an expression; in JSON too. */
export const executables =
  '(?i)\\.(exe|bat|cmd|com|scr|pif|cpl|msc|jse?|mjs|cjs|vbs?|vbe|ws[cfh]?|hta|psm?1|jar|msi|msix|msp|appx|iso|img|vhdx?|lnk|url|reg|dll|sys|apk|ipa|dmg|pkg|app|deb|rpm|appimage|run|elf|command|(ba|z|c|k|fi)?sh|pyw?|pyc|pl|rb|php|docm|dotm|xlsm|xltm|xlam|pptm)[\\s.]*("|$)'
