import type { ImportFormat } from '@sallyport/contracts'
import { exportHigress } from '../tools/export/higress/export-higress.ts'
import { exportOpenApi } from '../tools/export/openapi/export-openapi.ts'
import { importCurl } from '../tools/import/curl/import-curl.ts'
import { importGenaiToolbox } from '../tools/import/genai-toolbox/import-genai-toolbox.ts'
import { importHigress } from '../tools/import/higress/import-higress.ts'
import { createDocumentImporter } from '../tools/import/import-document.ts'
import type { Importer } from '../tools/import/imported-toolset.ts'
import { importOpenApi } from '../tools/import/openapi/import-openapi.ts'
import { readSqlDocument } from '../tools/import/sql/read-sql-document.ts'
import type { Exporters } from '../tools/toolsets/toolsets-needs.ts'

// Which kinds of documents become tools, and as which kinds tools are written.

const importers: Readonly<Record<ImportFormat, Importer>> = {
  openapi: importOpenApi,
  curl: importCurl,
  higress: importHigress,
  'genai-toolbox': importGenaiToolbox,
}

/** Makes tools of a document of any kind. */
export const importDocument = createDocumentImporter({ importers })

/** Reads SQL sources and their statements out of a document of any kind. */
export { readSqlDocument }

/** Writes tools as a document. */
export const exporters: Exporters = {
  higress: exportHigress,
  openapi: exportOpenApi,
}
